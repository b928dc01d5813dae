"""What tests of the lab share: an open lab with real containers, and one world of it."""

from collections.abc import Iterator

import pytest

from testbed.lab.session import Lab, opened
from testbed.lab.world import LeasedWorld
from testbed.site.load import example


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with opened(["alpha", "beta"], example("setuid-argus").authority_hosts) as lab:
        yield lab


@pytest.fixture
def world(lab: Lab) -> Iterator[LeasedWorld]:
    with lab.pool.lease(example("setuid-gridmap")) as world:
        yield world


@pytest.fixture
def asking(lab: Lab) -> Iterator[LeasedWorld]:
    """A world whose worker node asks two hosts of an Argus."""
    with lab.pool.lease(example("setuid-argus")) as world:
        yield world


@pytest.fixture
def containing(lab: Lab) -> Iterator[LeasedWorld]:
    """A world whose worker node lets its accounts make namespaces."""
    with lab.pool.lease(example("logonly-gridmap")) as world:
        yield world
