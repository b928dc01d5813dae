"""What is documented of the careful client under a fault is what the oracle expects of our own pilot."""

from dataclasses import replace

import pytest

from testbed.model.answers import OnInternalError
from testbed.model.cell import Authority, Cell
from testbed.model.condition import Situation
from testbed.model.consequence import CONSEQUENCES
from testbed.model.failure import Failure
from testbed.model.fault import Fault
from testbed.model.mode import Mode
from testbed.model.node_consequence import NODE_CONSEQUENCES
from testbed.model.oracle import expected
from testbed.model.outcome import End
from testbed.pilot.replay.circumstance import circumstance_of
from testbed.pilot.replay.documented import Documented, Kind

ALICE = Situation(fqans=("/alpha",), vo="alpha", pilots=1, runs=0)
CELLS = [
    Cell(mode, authority, fault)
    for mode in (Mode.LOG_ONLY, Mode.SETUID)
    for fault in Fault
    for authority in ([Authority.GRIDMAP] if fault in NODE_CONSEQUENCES else [Authority.ARGUS, Authority.SCAS])
]


def end(cell: Cell) -> End | None:
    outcome = expected(cell, "alpha", situation=ALICE).outcome
    return outcome.end if outcome else None


@pytest.mark.parametrize("answer", OnInternalError)
def test_the_careful_client_ends_as_our_own_pilot_does_under_every_fault(answer: OnInternalError) -> None:
    unlike = {}
    for cell in CELLS:
        ours = end(replace(cell, on_internal_error=answer)) or end(cell)
        if ours is None:
            continue
        met = circumstance_of(cell)
        fate = Documented(met.kind, cell.mode, met.code, recorded=True).fate(f"careful-{answer}")
        if fate.end is not ours:
            unlike[cell.id] = (fate.end, ours)
    assert unlike == {}


def test_who_is_refused_is_refused_to_every_client_and_what_runs_runs() -> None:
    for cell in CELLS:
        if cell.fault in CONSEQUENCES and cell.authority not in CONSEQUENCES[cell.fault].meant:
            continue
        met = circumstance_of(cell)
        assert (met.kind is Kind.DENIED) == (met.truth is Failure.DENIED)
        assert (met.kind is Kind.WELL) == (met.truth is Failure.PAYLOAD)
        assert (met.kind is Kind.TRACELESS) == (met.truth is Failure.TRACELESS)
