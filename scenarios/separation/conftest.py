"""What the scenarios on costs and complications share: one payload's stay for each mode."""

import pytest

from testbed.pilot.desk import Desk
from testbed.pilot.stay import stay

_stays = {}


def pytest_collection_modifyitems(config, items):
    """What is measured comes before the first raid, where others are made beside the scenarios from then on."""
    if config.getoption("--raids-ahead"):
        items.sort(key=lambda item: "stayed" not in getattr(item, "fixturenames", ()))


@pytest.fixture
def stayed(suite, cell, site, worlds):
    """One payload's stay in the cell's mode, made once."""
    key = (id(suite), cell.mode, cell.authority)
    if key not in _stays:
        with worlds(site) as world, Desk.opened(world, cell, witness=lambda outcome: None) as desk:
            _stays[key] = stay(desk)
    return _stays[key]
