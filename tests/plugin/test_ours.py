"""Our own pilot beside the clients: which cells are told as a replay, and what of the truth they are held against."""

import pytest

from testbed.model.cell import Cell
from testbed.model.effect import Cause
from testbed.model.failure import Failure
from testbed.model.outcome import End, Outcome
from testbed.model.replay import OURS, Replay
from testbed.plugin.ours import NOT_MAPPED, of_our_pilot
from testbed.site.choice import Choice

CHOICE = Choice.of_examples()
BACK = Outcome(End.RETURNED, 203, cause=Cause("denied", "banned"), guess=Failure.DENIED, told="refused", seconds=1.5)
BYPASS = Outcome(End.UNSEPARATED, 0, "pilot", bypassed=True, guess=Failure.INTERNAL)


def told(ident: str, outcome: Outcome) -> Replay | None:
    cell = Cell.parse(ident)
    site, _ = CHOICE.site_for(cell.mode, cell.authority)
    assert site
    return of_our_pilot(cell, CHOICE, site, outcome)


@pytest.mark.parametrize("cell", ["none-gridmap-dave", "setuid-gridmap", "log-only-argus-bob"])
def test_where_nothing_is_the_matter_or_the_switch_is_not_called_there_is_nothing_to_tell(cell: str) -> None:
    assert told(cell, BACK) is None


TRUTHS = {
    "setuid-argus-deny-yes": ("deny", Failure.DENIED),
    "setuid-argus-refused": ("refused", Failure.INTERNAL),
    "setuid-scas-not-applicable": ("not-applicable (scas)", Failure.INTERNAL),
    "setuid-gums-not-applicable": ("not-applicable (gums)", Failure.DENIED),
    "setuid-argus-first-down": ("first-down", Failure.PAYLOAD),
    "log-only-gridmap-no-config": ("no-config", Failure.INTERNAL),
    "setuid-gridmap-dave": (NOT_MAPPED, Failure.DENIED),
}


@pytest.mark.parametrize("cell", TRUTHS)
def test_a_circumstance_has_the_class_of_what_was_broken(cell: str) -> None:
    replay = told(cell, BACK)
    assert replay
    assert (replay.circumstance, replay.truth) == TRUTHS[cell]
    assert (replay.client, replay.told, replay.cause, replay.seconds) == (OURS, "refused", "denied banned", 1.5)


def test_the_answer_is_the_cells_own_or_the_sites() -> None:
    answers = [
        replay.answer for ident in ("setuid-argus-deny-yes", "setuid-argus-deny") if (replay := told(ident, BACK))
    ]
    assert answers == ["yes", "no"]


def test_only_what_ran_past_the_switch_is_exposed() -> None:
    by_passed, through = told("log-only-argus-refused-yes", BYPASS), told("log-only-argus-first-down", OTHERWISE)
    assert by_passed
    assert through
    assert (by_passed.exposed, through.exposed) == (True, False)


OTHERWISE = Outcome(End.UNSEPARATED, 0, "pilot", guess=Failure.PAYLOAD)
