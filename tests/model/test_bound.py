"""A pilot has a bound on its time: three times what its fault is documented to cost, and less than what hangs."""

import pytest

from testbed.model.bound import CALLS, ERRAND, bound
from testbed.model.case import Case
from testbed.model.cell import Cell
from testbed.model.consequence import CONSEQUENCES, OVERHEAD
from testbed.model.mode import Mode
from testbed.model.node_consequence import HUNG_LOG, NODE_CONSEQUENCES
from testbed.pilot.desk import PAYLOAD_LIMIT, PILOT_LIMIT
from testbed.site.choice import Choice

CHOICE = Choice.of_examples()


def at(ident: str) -> tuple[float, float]:
    cell = Cell.parse(ident)
    site, _ = CHOICE.site_for(cell.mode, cell.authority)
    assert site
    found = CHOICE.bound(cell, site)
    return found.documented, found.seconds


def test_a_bound_is_what_the_fault_is_documented_to_cost_and_room_for_a_busy_machine() -> None:
    plain = ERRAND + CALLS * OVERHEAD
    assert at("setuid-argus-refused") == (plain, 3 * plain + 10)
    assert at("none-gridmap") == (ERRAND, 3 * ERRAND + 10)
    assert at("setuid-argus-syn-dropped")[0] == plain + CALLS * 2 * 2, "two endpoints, two seconds each"
    assert at("setuid-scas-syn-dropped")[0] == plain + CALLS * 2 * 2 * 2, "each of them asked twice"
    assert at("setuid-argus-first-slow")[0] == plain + CALLS * 2
    assert at("setuid-gridmap-log-stuck")[0] == plain + CALLS * HUNG_LOG


def test_the_modules_patience_is_the_scenarios_own_where_it_alters_it() -> None:
    cell = Cell.parse("log-only-argus-syn-dropped")
    site, _ = CHOICE.site_for(cell.mode, cell.authority)
    assert site
    brief, usual = CHOICE.bound(cell, site, 0.3), CHOICE.bound(cell, site)
    assert usual.documented - brief.documented == pytest.approx(CALLS * 2 * 1.7)
    assert CHOICE.bound(cell, site, retries=2, pause=5).documented == usual.documented + 2 * 6 + 3 * 5


def test_every_bound_is_below_what_a_pilot_that_never_ends_takes() -> None:
    """A switch that hangs is ended with its payload, after the way's limit to start and the payload's own."""
    hung = 30.0 + PAYLOAD_LIMIT
    for mode in (Mode.SETUID, Mode.LOG_ONLY):
        for fault in NODE_CONSEQUENCES:
            assert bound(Case(Cell(mode, fault=fault), "alpha", CHOICE.sites[0].answers.on_internal_error)).seconds < (
                PILOT_LIMIT if fault == "busy" else hung
            )
        for fault in CONSEQUENCES:
            assert at(f"{mode}-argus-{fault}")[1] < hung
    assert at("vm-gridmap")[1] < PILOT_LIMIT
