"""What the scenarios on costs and complications share: one payload's stay for each mode."""

import pytest

from testbed.pilot.desk import Desk
from testbed.pilot.stay import stay

_stays = {}


def pytest_collection_modifyitems(config, items):
    """Where raids are made beside the scenarios, what is measured comes before the first of them, then loads."""
    if config.getoption("--raids-ahead"):
        items.sort(key=_turn)


def _turn(item):
    """Loads are raids that nobody makes ahead: they fill the time that others take."""
    return "stayed" not in getattr(item, "fixturenames", ()), item.path.name != "test_load.py"


@pytest.fixture
def stayed(suite, cell, site, worlds):
    """One payload's stay in the cell's mode, made once."""
    key = (id(suite), cell.mode, cell.authority)
    if key not in _stays:
        with worlds(site) as world, Desk.opened(world, cell, witness=lambda outcome: None) as desk:
            _stays[key] = stay(desk)
    return _stays[key]
