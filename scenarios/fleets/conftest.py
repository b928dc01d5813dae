"""Several worker nodes of a cell's site, and fleets of pilots on them."""

import contextlib
import itertools
from collections.abc import Callable, Iterator

import pytest

from testbed.lab.farm import FarmNode, farm
from testbed.lab.layout import WORKER_NODE
from testbed.lab.session import IMAGES
from testbed.lab.wait import eventually
from testbed.model.problem import Problem
from testbed.pilot.client import Vo
from testbed.pilot.desk import READY

_slots = itertools.count(1)


@pytest.fixture
def nodes(request, world, notes) -> Iterator[Callable[[int], tuple[FarmNode, ...]]]:
    """So many worker nodes, the world's own the first of them: ``nodes(5)``."""
    if request.config.getoption("--demo"):
        pytest.skip("the demo's worker nodes are of different sites")
    notes.expectation = None
    lab = request.getfixturevalue("lab")
    with contextlib.ExitStack() as held:
        yield lambda many: held.enter_context(farm(world, lab.run, IMAGES[WORKER_NODE], many))


@pytest.fixture
def vo(world) -> Vo:
    """The VO of the cell's world, ready."""
    grid = world.grid
    proxy = grid.read(grid.bearer("pilot").file)
    vo = Vo(world.pilot.address, proxy=proxy, authorities=grid.read("authority/ca.cert.pem"))
    if not eventually(lambda: vo.ready(limit=READY), within=READY):
        raise Problem("the VO's side did not become ready", where=world.pilot.name, found=world.pilot.logs())
    return vo


@pytest.fixture
def slot() -> str:
    """A slot that nobody else uses."""
    return f"fleets-{next(_slots)}"
