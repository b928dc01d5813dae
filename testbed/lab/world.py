"""A world: one worker node, the VO's side, and the authority's hosts where a site asks any, in containers."""

import contextlib
import dataclasses
import io
import itertools
import tarfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from testbed.credentials.grid import Grid
from testbed.lab import authority, layout, namespaces
from testbed.lab.authority import AuthorityHost
from testbed.lab.engine import Container, Engine, Spec
from testbed.lab.host import SshHost
from testbed.lab.layout import AUTHORITY, PILOT, WORKER_NODE
from testbed.lab.run import Run
from testbed.lab.ssh import Connection, connect
from testbed.lab.wait import eventually
from testbed.model.entry import tar
from testbed.model.problem import Problem
from testbed.report.results import writing
from testbed.site.capability import SYS_ADMIN
from testbed.site.site import Site

SECRETS = ("/etc/ssh/host_key", "/etc/grid-security/hostkey.pem", "/etc/shadow", "/etc/gshadow")
"""What evidence does without: it may be handed on."""
PACKAGED = (
    "/etc/alternatives",
    "/etc/apt",
    "/etc/mime.types",
    "/etc/ssh/moduli",
    "/etc/systemd",
    "/var/log/alternatives.log",
    "/var/log/apt",
    "/var/log/dpkg.log",
)
"""What it does without as well: the image's packages brought it, nothing here reads it, and it is two thirds of all."""
READY = 10.0
"""Seconds within which a world must be ready; usual is half a second."""

MOUNTING = ("apparmor=unconfined",)
"""Docker's AppArmor profile refuses mount(2) whatever the capabilities; its system call filter goes by them."""

_numbers = itertools.count(1)


class World(Protocol):
    """What scenarios may rely on, whoever started the containers."""

    site: Site
    grid: Grid
    node: SshHost
    node_name: str
    """The host name under which the VO's side knows the worker node."""
    pilot: Container
    authorities: tuple[AuthorityHost, ...]
    """The hosts that the site's lcmaps.db asks, in its order; none where accounts are local."""
    unshown: str
    """Why user namespaces of its worker node cannot see its processes; empty where they can, or nobody may have any."""

    def evidence(self, folder: Path) -> None: ...


@dataclass(slots=True)
class Containers:
    """Running containers on a network of their own."""

    site: Site
    grid: Grid
    node: SshHost
    node_name: str
    pilot: Container
    worker: Container
    authorities: tuple[AuthorityHost, ...]
    seconds: float
    """From the first request to the engine until the worker node let root in, and the authority answered."""
    unshown: str

    def evidence(self, folder: Path) -> None:
        """Keep the logs of all hosts, the node's /etc and the authority's decisions in a folder."""
        parts = {f"{PILOT}.log": self.pilot.logs(lines=2000), f"{self.node_name}.log": self.worker.logs(lines=2000)}
        kept = b""
        with contextlib.suppress(Problem):  # a node that is gone has left its container's log above
            kept = self.node.get("/var/log", "/etc", without=(*SECRETS, *PACKAGED), limit=10)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in parts.items():
                (folder / name).write_text(text)
            if kept:
                etc = _unpack(kept, folder / self.node_name, until="etc")
                (folder / self.node_name / "etc.tar").write_bytes(etc)
            for host in self.authorities:
                host.evidence(folder)


def start(engine: Engine, run: Run, site: Site, grid: Grid, images: dict[str, str]) -> "LeasedWorld":
    """Start a world and wait until it is ready. ``images`` names the image of each host."""
    number = next(_numbers)
    network = f"testbed-{run.ident}-{number}"
    began = time.monotonic()
    engine.network(network, run.labels)

    def spec(host: str, tree: bytes, name: str = "") -> Spec:
        image = images[host if host in images else AUTHORITY]
        return Spec(image, f"{network}-{host}", name or host, network, run.labels, tree)

    def worker_node() -> Spec:
        return dataclasses.replace(
            spec(WORKER_NODE, tar(layout.worker_node(site, grid, WORKER_NODE))),
            capabilities=site.capabilities,
            security=_security(site),
            tmpfs=dict(site.tmpfs),
        )

    def node() -> tuple[Container, SshHost, str]:
        worker, unshown = started(engine, worker_node(), site)
        return worker, SshHost(WORKER_NODE, root_connection(worker, WORKER_NODE, grid)), unshown

    def service(place: tuple[int, str]) -> AuthorityHost:
        host = layout.label(place[0])
        asked = spec(host, tar(layout.authority(site, grid, place[1])), place[1])
        asked = dataclasses.replace(asked, capabilities=authority.CAPABILITIES)
        return authority.start(engine, asked, host, grid, READY)

    with ThreadPoolExecutor(2 + len(site.authority_hosts)) as starters:
        services = [starters.submit(service, place) for place in enumerate(site.authority_hosts)]
        noded = starters.submit(node)
        piloted = starters.submit(engine.start, spec(PILOT, tar(layout.pilot(grid, [WORKER_NODE]))))
    (worker, ssh, unshown), pilot, hosts = noded.result(), piloted.result(), tuple(each.result() for each in services)
    ready = time.monotonic() - began
    of_its = (site, grid, ssh, WORKER_NODE, pilot, worker, hosts, ready, unshown)
    world = LeasedWorld(*of_its, engine, network, worker_node)
    world.baseline()
    return world


def _security(site: Site) -> tuple[str, ...]:
    if site.user_namespaces:
        return namespaces.security()
    return MOUNTING if SYS_ADMIN in site.capabilities else ()


def started(engine: Engine, spec: Spec, site: Site) -> tuple[Container, str]:
    """A worker node's container, with what the accounts of its site need of it; and why it has not got that.

    An engine that lets nobody mount keeps them from containers, not the node from its other modes.
    """
    worker = engine.start(spec)
    if site.user_namespaces:
        try:
            namespaces.show_processes(engine, worker, spec.image, spec.labels)
        except Problem as problem:
            return worker, f"{problem.what}: {(problem.found or problem.cause).strip()}"
    return worker, ""


@dataclass(slots=True)
class LeasedWorld(Containers):
    """A world of ours: it can be put back to how it began, and it can be stopped."""

    engine: Engine
    network: str
    worker_node: Callable[[], Spec]
    """What its worker node was made of."""

    def kill_node(self) -> None:
        """The worker node is killed; so is all that runs on it, and its files are gone."""
        self.worker.stop()

    def replace_node(self) -> None:
        """Another worker node takes the place of one that is dead, name and host key and all."""
        name = f"{self.network}-{WORKER_NODE}-{next(_numbers)}"
        self.worker, self.unshown = started(self.engine, dataclasses.replace(self.worker_node(), name=name), self.site)
        self.node.moved(root_connection(self.worker, WORKER_NODE, self.grid))
        self.baseline()

    def baseline(self) -> None:
        """Remember how the worker node looks now."""
        self._reset("baseline")

    def reset(self) -> list[str]:
        """End what runs on the node, remove what was left; what still differs from the beginning (empty: clean).

        Then the authority's hosts, at the same time: whoever still asked them is gone by now.
        """
        differences = self._reset("reset")
        if self.authorities:
            with ThreadPoolExecutor(len(self.authorities)) as resetters:
                differences += [
                    each for found in resetters.map(AuthorityHost.reset, self.authorities) for each in found
                ]
        return differences

    def _reset(self, verb: str) -> list[str]:
        command = ["python3", f"{layout.NODE}/reset.py", verb, str(self.site.first_uid)]
        return self.node.run(command, limit=15).text.splitlines()

    def stop(self) -> None:
        """End the containers and remove their network."""
        self.node.close()
        parts = (self.worker, self.pilot, *self.authorities)
        with ThreadPoolExecutor(len(parts)) as stoppers:
            list(stoppers.map(lambda part: part.stop(), parts))
        self.engine.remove_network(self.network)


def _unpack(archive: bytes, folder: Path, until: str) -> bytes:
    """Lay the regular files of a tar below a folder, whatever they claim their place, owner and mode to be.

    Up to the first member that lies below ``until``; what is left from there on, a tar as well.
    """
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        for member in members:
            if member.name.partition("/")[0] == until:
                return archive[member.offset :]
            content = members.extractfile(member) if member.isreg() else None
            if content is not None and ".." not in Path(member.name).parts:
                place = folder / member.name.lstrip("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content.read())
    return b""


def root_connection(worker: Container, host: str, grid: Grid, within: float = READY) -> Connection:
    """Root's connection to a worker node, as soon as it lets us in; its last log lines when it does not."""
    refusals: list[Problem] = []

    def attempt() -> Connection | None:
        try:
            return connect(
                worker.address,
                key=grid.read("ssh/root").decode(),
                host_key=grid.read(f"ssh/hosts/{host}.pub").decode(),
                limit=within,
            )
        except Problem as problem:
            refusals.append(problem)
            return None

    connection = eventually(attempt, within=within)
    if connection is None:
        raise Problem(
            f"the worker node did not become ready within {within:g} s",
            where=worker.name,
            found=worker.logs() or "(it wrote nothing)",
            cause=str(refusals[-1]),
            remedy=f"docker logs {worker.name}",
        )
    return connection
