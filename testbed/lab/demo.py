"""The demo site: the containers that `docker compose up` started, as worlds for scenarios."""

import contextlib
import io
import tarfile
from collections.abc import Iterator

from testbed.credentials.grid import Grid
from testbed.lab import namespaces
from testbed.lab.authority import AuthorityHost, ready
from testbed.lab.engine import Container, Engine
from testbed.lab.host import SshHost
from testbed.lab.layout import GATEKEEPER, PILOT, ROOTS_KEYS, label
from testbed.lab.world import READY, Containers, root_connection
from testbed.model.problem import Problem
from testbed.site.load import example
from testbed.site.site import Site

PROJECT = "glexec-testbed"
"""The name of the project in docker-compose.yml."""
FRESH = 6 * 3600.0
"""Seconds that the proxies of a demo serve: half of their life."""
TOGETHER = 10.0
"""Seconds within which one `up` makes all containers. A host that is older has credentials of another grid."""
NETWORK = f"{PROJECT}_default"
PROCESSES = "processes"
"""The service that shows a node's processes to the namespaces of its accounts, and then ends."""
NODES = {
    "setuid-gridmap": "worker-node-setuid",
    "logonly-gridmap": "worker-node-log-only",
    "setuid-argus": "worker-node-argus",
}
"""The service, and host name, of the worker node of each example site that the demo has."""


@contextlib.contextmanager
def attached(site: Site) -> Iterator[Containers]:
    """The demo's worker node of an example site. It is neither reset nor stopped: people may be looking at it."""
    engine = Engine()
    name = NODES[site.name]
    worker = engine.attach(container_name(name), NETWORK)
    grid = _grid(engine)
    connection = root_connection(worker, name, grid)
    hosts = tuple(authorities(engine, grid)) if site.authority_hosts else ()
    try:
        pilot = engine.attach(container_name(PILOT), NETWORK)
        node = SshHost(name, connection)
        yield Containers(site, grid, node, name, pilot, worker, hosts, 0.0, unshown(engine, site.name))
    finally:
        connection.close()
        for host in hosts:
            host.control.close()


def authorities(engine: Engine, grid: Grid | None = None) -> Iterator[AuthorityHost]:
    """The demo's hosts of the authority, each once it is ready."""
    grid = grid or _grid(engine)
    for service, name in services().items():
        container = engine.attach(container_name(service), NETWORK)
        yield ready(service, name, container, grid, READY)


def services() -> dict[str, str]:
    """The services of docker-compose.yml that are hosts of the authority, and what the worker nodes call them."""
    names = dict.fromkeys(host for site in NODES for host in example(site).authority_hosts)
    return {label(index): name for index, name in enumerate(names)}


def hosts() -> tuple[str, ...]:
    """Every service of docker-compose.yml that stays up."""
    return (*NODES.values(), *services(), PILOT)


def vo_side(engine: Engine) -> tuple[Container, Grid]:
    """The demo's host of the VO's, and the grid whose robot it listens to."""
    return engine.attach(container_name(PILOT), NETWORK), _grid(engine)


def has_gatekeeper(engine: Engine, node: str) -> bool:
    """Whether the VO may call the gatekeeper of a worker node: its key stands there, for that and nothing else."""
    with tarfile.open(fileobj=io.BytesIO(engine.read(container_name(node), ROOTS_KEYS))) as archive:
        keys = archive.extractfile("root")
        return keys is not None and " ".join(GATEKEEPER).encode() in keys.read()


def stands(engine: Engine) -> bool:
    """Whether the demo is up as it would be brought up now: every host of today's images, with proxies that last."""
    prepared = engine.state(container_name("prepare"))
    states = [engine.state(container_name(service)) for service in hosts()]
    if prepared is None or prepared.code != 0 or prepared.age > FRESH or not prepared.current:
        return False
    return all(host and host.running and host.current and host.age < prepared.age + TOGETHER for host in states)


def unshown(engine: Engine, *sites: str) -> str:
    """Why the accounts of these sites' nodes have no containers although they may; empty where they have.

    A restart of a node alone loses its second /proc. The service that mounts it has ended, and comes again by `up`.
    """
    for name in sites:
        node = engine.attach(container_name(NODES[name]), NETWORK)
        if example(name).user_namespaces and not namespaces.shows_processes(node):
            return f"{NODES[name]} has lost its second /proc, as by docker compose restart: testbed up"
    return ""


def container_name(service: str) -> str:
    """The container that Compose makes for a service."""
    return f"{PROJECT}-{service}-1"


def _grid(engine: Engine) -> Grid:
    """The test grid that the service `prepare` made."""
    with tarfile.open(fileobj=io.BytesIO(engine.read(container_name("prepare"), "/out/driver/grid.tar"))) as archive:
        grid = archive.extractfile("grid.tar")
        if grid is None:
            raise Problem("the demo has no test grid", where=container_name("prepare"), remedy="testbed up")
        return Grid.from_tar(grid.read())
