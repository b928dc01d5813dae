"""A world: one worker node and the VO's side, in containers, made from a site."""

import contextlib
import dataclasses
import io
import itertools
import json
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from testbed.credentials.grid import Grid
from testbed.lab import layout
from testbed.lab.engine import Container, Engine, Spec
from testbed.lab.host import SshHost
from testbed.lab.layout import PILOT, WORKER_NODE
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

    def evidence(self, folder: Path) -> None: ...


@dataclass(slots=True)
class Containers:
    """A running pair of containers on a network of their own."""

    site: Site
    grid: Grid
    node: SshHost
    node_name: str
    pilot: Container
    worker: Container
    seconds: float
    """From the first request to the engine until the worker node let root in."""

    def evidence(self, folder: Path) -> None:
        """Keep the logs of both hosts and the node's /etc in a folder."""
        parts = {f"{PILOT}.log": self.pilot.logs(lines=2000), f"{self.node_name}.log": self.worker.logs(lines=2000)}
        logs = etc = b""
        with contextlib.suppress(Problem):  # a node that is gone has left its container's log above
            logs, etc = self.node.get("/var/log", limit=10), self.node.get("/etc", without=SECRETS, limit=10)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in parts.items():
                (folder / name).write_text(text)
            if logs:
                _unpack(logs, folder / self.node_name)
                (folder / self.node_name / "etc.tar").write_bytes(etc)


def start(engine: Engine, run: Run, site: Site, grid: Grid, images: dict[str, str]) -> "LeasedWorld":
    """Start a world and wait until it is ready. ``images`` names the image of each host."""
    number = next(_numbers)
    network = f"testbed-{run.ident}-{number}"
    began = time.monotonic()
    engine.network(network, run.labels)

    def spec(host: str, tree: bytes) -> Spec:
        return Spec(images[host], f"{network}-{host}", host, network, run.labels, tree)

    worker_spec = dataclasses.replace(
        spec(WORKER_NODE, tar(layout.worker_node(site, grid, WORKER_NODE))),
        capabilities=site.capabilities,
        security=MOUNTING if SYS_ADMIN in site.capabilities else (),
    )
    pilot_spec = spec(PILOT, tar(layout.pilot(grid, [WORKER_NODE])))
    with ThreadPoolExecutor(2) as starters:
        both = [starters.submit(engine.start, each) for each in (worker_spec, pilot_spec)]
    worker, pilot = (future.result() for future in both)
    node = SshHost(WORKER_NODE, root_connection(worker, WORKER_NODE, grid))
    ready = time.monotonic() - began
    world = LeasedWorld(site, grid, node, WORKER_NODE, pilot, worker, ready, engine=engine, network=network)
    world.baseline()
    return world


@dataclass(slots=True)
class LeasedWorld(Containers):
    """A world of ours: it can be put back to how it began, and it can be stopped."""

    engine: Engine
    network: str

    def baseline(self) -> None:
        """Remember how the worker node looks now."""
        self._reset("baseline")

    def reset(self) -> list[str]:
        """End what runs on the node, remove what was left; what still differs from the beginning (empty: clean)."""
        return self._reset("reset")

    def _reset(self, verb: str) -> list[str]:
        command = ["python3", f"{layout.NODE}/reset.py", verb, str(self.site.first_uid)]
        differences: list[str] = json.loads(self.node.run(command, limit=15).text)
        return differences

    def stop(self) -> None:
        """End the containers and remove their network."""
        self.node.close()
        with ThreadPoolExecutor(2) as stoppers:
            list(stoppers.map(Container.stop, (self.worker, self.pilot)))
        self.engine.remove_network(self.network)


def _unpack(archive: bytes, folder: Path) -> None:
    """Lay the regular files of a tar below a folder, whatever they claim their place, owner and mode to be."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        for member in members:
            content = members.extractfile(member) if member.isreg() else None
            if content is not None and ".." not in Path(member.name).parts:
                place = folder / member.name.lstrip("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content.read())


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
