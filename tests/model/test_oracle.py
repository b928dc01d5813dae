"""The oracle: every cell has an answer, and the answers say what the documents say."""

import itertools

import pytest

from testbed.model.answers import OnInternalError
from testbed.model.cell import AXES, Cell, cells
from testbed.model.mode import WAYS, Mode
from testbed.model.oracle import RULES, expected
from testbed.model.outcome import Attempt, End

ALWAYS = ("mode", "authority", "user")
SOMETIMES = tuple(axis for axis in AXES if axis not in ALWAYS)
EVERYTHING = [
    cell
    for count in range(len(SOMETIMES) + 1)
    for axes in itertools.combinations(SOMETIMES, count)
    for cell in cells(**{axis: " ".join(AXES[axis]) for axis in (*ALWAYS, *axes)})
]


def test_every_rule_decides_some_cell_and_cites_its_source() -> None:
    deciding = {expected(cell, pool).rule.name for cell in EVERYTHING for pool in ("alpha", None)}
    assert deciding == {rule.name for rule in RULES}
    assert all(rule.source and rule.says for rule in RULES)


@pytest.mark.parametrize("mode", Mode)
def test_thefts_are_stopped_exactly_where_a_mode_separates(mode: Mode) -> None:
    for attack in AXES["attack"]:
        outcome = expected(Cell.parse(f"{mode}-gridmap-{attack}"), "alpha").outcome
        assert outcome is not None
        assert (outcome.attack is Attempt.BLOCKED) == WAYS[mode].separates
        assert outcome.protects == WAYS[mode].separates


def test_no_answer_to_question_four_lets_a_refused_user_run() -> None:
    for cell in EVERYTHING:
        if WAYS[cell.mode].calls_switch and cell.fault == "none" and cell.on_internal_error is None:
            outcome = expected(cell, None).outcome
            assert outcome is not None
            assert (outcome.end, outcome.code) == (End.RETURNED, 203)


def test_a_payload_never_runs_unseparated_in_silence() -> None:
    outcomes = [expected(cell, pool).outcome for cell in EVERYTHING for pool in ("alpha", None)]
    assert all(outcome.end is not End.SILENT for outcome in outcomes if outcome)


def test_a_cell_without_meaning_says_why() -> None:
    meaningless = [expected(cell, "alpha") for cell in EVERYTHING if expected(cell, "alpha").outcome is None]
    assert meaningless
    assert all(expectation.meaningless for expectation in meaningless)


def test_where_a_cell_gives_no_answer_the_sites_own_counts() -> None:
    cell = Cell.parse("setuid-gridmap-no-config")
    ends = {answer: expected(cell, "alpha", answer).outcome.end for answer in OnInternalError}  # type: ignore[union-attr]
    assert ends == {"no": End.RETURNED, "depends": End.RETURNED, "yes": End.UNSEPARATED}
