"""A whole run in which cells turned not applicable, or were never begun, is no pass."""

import dataclasses
from pathlib import Path

import pytest

from testbed.model.row import Row, Verdict
from testbed.report.conditions import Conditions
from testbed.report.results import Results
from tests.everything import told
from tests.floor import FLOOR, rows_of, too_few

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def judged(count: int, verdict: Verdict = Verdict.CONFORMS, folder: str = "tour") -> list[Row]:
    return [Row(f"scenarios/{folder}/test_it.py::test_it", "It", f"cell-{n}", "", verdict) for n in range(count)]


def test_every_folder_of_scenarios_has_a_floor_and_nothing_else_has() -> None:
    assert set(FLOOR) == {path.parent.name for path in SCENARIOS.glob("*/test_*.py")}


def test_enough_cells_are_enough_however_they_were_judged() -> None:
    rows = judged(3) + [dataclasses.replace(row, verdict=Verdict.DEVIATES) for row in judged(2)]
    assert list(too_few(rows, {"tour": 5})) == []


@pytest.mark.parametrize("verdict", [Verdict.NOT_APPLICABLE, Verdict.BLOCKED, Verdict.UNSURE])
def test_half_of_the_cells_without_a_judgement_are_too_few_and_the_line_says_what_they_were(verdict: Verdict) -> None:
    rows = judged(3) + judged(3, verdict) + judged(9, folder="contract")
    assert list(too_few(rows, {"tour": 6, "contract": 9})) == [
        f"scenarios/tour: 3 cells were judged, at least 6 have to be (3 {verdict})"
    ]


def test_a_folder_of_which_nothing_was_run_is_below_its_floor() -> None:
    assert len(list(too_few([]))) == sum(least > 0 for least in FLOOR.values())


@pytest.mark.parametrize(("codes", "whole", "code"), [((0, 0), True, 1), ((0, 0), False, 0), ((0, 1), False, 1)])
def test_a_whole_run_that_judged_too_little_fails_though_no_test_has(
    tmp_path: Path,
    conditions: Conditions,
    capsys: pytest.CaptureFixture[str],
    codes: tuple[int, ...],
    whole: bool,
    code: int,
) -> None:
    results = Results.create(tmp_path / "first", conditions)
    for row in judged(FLOOR["tour"]):
        results.add(row)
    assert told(codes, tmp_path / "first", [tmp_path / "second"], whole=whole) == code
    said = capsys.readouterr().out
    assert ("scenarios/contract: 0 cells were judged" in said) == whole
    assert "scenarios/tour" not in said


def test_the_rows_of_all_runs_count_together(tmp_path: Path, conditions: Conditions) -> None:
    for name, rows in (("first", judged(2)), ("second", judged(3, folder="fleets"))):
        results = Results.create(tmp_path / name, conditions)
        for row in rows:
            results.add(row)
    rows = rows_of(tmp_path / name for name in ("first", "second", "third"))
    assert list(too_few(rows, {"tour": 2, "fleets": 3})) == []
