"""The ledger of known differences: strict, with file, line and key, and each way of a row through it."""

from pathlib import Path

import pytest

from testbed.model.problem import Problem
from testbed.model.row import Row, Verdict, exit_code
from testbed.site import ledger

ROOT = Path(__file__).parents[2]
SCENARIO = "contract/test_exit_codes.py::test_the_exit_code_of_the_payload_is_passed_on"
GOOD = f"""\
[[difference]]
switch = "theirs"
scenario = "{SCENARIO}"
cells = "setuid-gridmap log-only-gridmap"
reason = "their choice"
"""


@pytest.fixture
def known(tmp_path: Path):
    """The ledger of a text."""

    def read(text: str) -> ledger.Ledger:
        (tmp_path / "known.toml").write_text(text)
        return ledger.read(tmp_path / "known.toml")

    return read


def row(verdict: Verdict, cell: str = "setuid-gridmap") -> Row:
    return Row(f"scenarios/{SCENARIO}", "title", cell, "setuid", verdict, reason="code 1")


def test_the_repository_s_own_ledger_is_sound() -> None:
    found = ledger.read(ROOT / "scenarios/known.toml")
    ledger.check(found, ROOT, {}, whole=True)


@pytest.mark.parametrize(
    ("observed", "verdict", "code"),
    [
        (Verdict.DEVIATES, Verdict.KNOWN, 0),
        (Verdict.CONFORMS, Verdict.CLOSED, 1),
        (Verdict.BLOCKED, Verdict.BLOCKED, 2),
        (Verdict.UNSURE, Verdict.UNSURE, 1),
        (Verdict.NOT_APPLICABLE, Verdict.NOT_APPLICABLE, 2),
    ],
)
def test_a_known_difference_is_no_failure_and_one_that_is_gone_is(known, observed, verdict, code) -> None:
    judged = known(GOOD).judged("theirs", row(observed))
    assert judged.verdict is verdict
    assert exit_code([judged]) == code


def test_the_reasons_are_those_of_the_ledger(known) -> None:
    found = known(GOOD)
    different = found.judged("theirs", row(Verdict.DEVIATES))
    assert (different.reason, different.observed) == ("their choice", "code 1")
    assert "known.toml:3" in found.judged("theirs", row(Verdict.CONFORMS)).reason


def test_the_ledger_is_about_one_switch_and_the_cells_it_names(known) -> None:
    found = known(GOOD)
    assert found.judged("others", row(Verdict.DEVIATES)).verdict is Verdict.DEVIATES
    assert found.judged("reference", row(Verdict.DEVIATES)).verdict is Verdict.DEVIATES
    assert found.judged("theirs", row(Verdict.DEVIATES, "setuid-gridmap-bob")).verdict is Verdict.DEVIATES


@pytest.mark.parametrize(
    ("right", "wrong", "message", "line"),
    [
        ('"theirs"', '"reference"', "no difference is accepted", 2),
        ("[[difference]]", "[[diference]]", "did you mean 'difference'?", 1),
        ("reason", "reasons", "did you mean 'reason'?", 5),
        ('reason = "their choice"', "", "lacks reason", 1),
        ('"their choice"', '"  "', "reason is blank", 5),
        ('"setuid-gridmap log-only-gridmap"', '" "', "cells is blank", 4),
        ('"setuid-gridmap log-only-gridmap"', '["setuid-gridmap"]', "wrong type", 4),
        ("log-only-gridmap", "setuid-gridmap", "for the second time", 4),
        ("::", ":", "names no scenario", 3),
        ("[[difference]]", "[[difference]", "this is not TOML", 1),
    ],
)
def test_a_mistake_is_said_with_its_line(known, right: str, wrong: str, message: str, line: int) -> None:
    assert right in GOOD
    with pytest.raises(Problem) as caught:
        known(GOOD.replace(right, wrong))
    assert message in str(caught.value)
    assert f"known.toml:{line}" in caught.value.where


def test_a_cell_stands_in_one_entry_only(known) -> None:
    with pytest.raises(Problem, match="for the second time"):
        known(GOOD + "\n" + GOOD)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("test_exit_codes.py", "test_exit_code.py", "did you mean 'contract/test_exit_codes.py::"),
        ("is_passed_on", "is_past_on", f"did you mean '{SCENARIO}'?"),
    ],
)
def test_a_scenario_that_does_not_exist_is_said(known, right: str, wrong: str, message: str) -> None:
    with pytest.raises(Problem) as caught:
        ledger.check(known(GOOD.replace(right, wrong)), ROOT, {}, whole=True)
    assert message in str(caught.value)
    assert "known.toml:3" in caught.value.where


def test_a_cell_that_does_not_exist_is_said(known) -> None:
    found = known(GOOD.replace("log-only-gridmap", "log-only-gridmpa"))
    with pytest.raises(Problem, match="a cell that the scenario does not have"):
        ledger.check(found, ROOT, {SCENARIO: ["setuid-gridmap", "log-only-gridmap"]}, whole=True)
    ledger.check(found, ROOT, {SCENARIO: ["setuid-gridmap"]}, whole=False)


def test_a_ledger_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be read"):
        ledger.read(tmp_path / "known.toml")
