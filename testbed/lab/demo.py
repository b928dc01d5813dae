"""The demo site: the containers that `docker compose up` started, as worlds for scenarios."""

import contextlib
import io
import tarfile
from collections.abc import Iterator

from testbed.credentials.grid import Grid
from testbed.lab.engine import Engine
from testbed.lab.host import SshHost
from testbed.lab.layout import PILOT
from testbed.lab.world import Containers, root_connection
from testbed.model.mode import Installation
from testbed.model.problem import Problem
from testbed.site.site import Site

PROJECT = "glexec-testbed"
"""The name of the project in docker-compose.yml."""
FRESH = 6 * 3600.0
"""Seconds that the proxies of a demo serve: half of their life."""
TOGETHER = 10.0
"""Seconds within which one `up` makes all containers. A host that is older has credentials of another grid."""
NETWORK = f"{PROJECT}_default"
NODES = {Installation.SETUID: "worker-node-setuid", Installation.LOG_ONLY: "worker-node-log-only"}
"""The service, and host name, of the worker node for each way of installing the switch."""


@contextlib.contextmanager
def attached(site: Site) -> Iterator[Containers]:
    """The demo's worker node of an example site. It is neither reset nor stopped: people may be looking at it."""
    engine = Engine()
    name = NODES[site.installation]
    worker = engine.attach(container_name(name), NETWORK)
    grid = _grid(engine)
    connection = root_connection(worker, name, grid)
    try:
        pilot = engine.attach(container_name(PILOT), NETWORK)
        yield Containers(site, grid, SshHost(name, connection), name, pilot, worker, (), 0.0)
    finally:
        connection.close()


def stands(engine: Engine) -> bool:
    """Whether the demo is up as it would be brought up now: every host of today's images, with proxies that last."""
    prepared = engine.state(container_name("prepare"))
    hosts = [engine.state(container_name(service)) for service in (*NODES.values(), PILOT)]
    if prepared is None or prepared.code != 0 or prepared.age > FRESH or not prepared.current:
        return False
    return all(host and host.running and host.current and host.age < prepared.age + TOGETHER for host in hosts)


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
