"""The results folder: nothing that was found is lost, and damage is named."""

import dataclasses
import json
from pathlib import Path

import pytest

from testbed.model.problem import Problem
from testbed.model.row import Row, Verdict
from testbed.report.conditions import Conditions
from testbed.report.results import Results


@pytest.fixture
def results(tmp_path: Path, conditions: Conditions, rows: list[Row]) -> Results:
    """A run that has not ended yet."""
    results = Results.create(tmp_path / "runs" / "first", conditions)
    for row in rows:
        results.add(row)
    return results


def test_what_is_read_back_is_what_was_added(results: Results, rows: list[Row], conditions: Conditions) -> None:
    read = Results.read(results.folder)
    assert read.rows == rows
    assert read.conditions == conditions


def test_each_row_is_on_disk_as_soon_as_it_is_added(tmp_path: Path, conditions: Conditions, rows: list[Row]) -> None:
    results = Results.create(tmp_path / "run", conditions)
    for count, row in enumerate(rows[:3], start=1):
        results.add(row)
        assert Results.read(tmp_path / "run").rows == rows[:count]


def test_a_run_that_judged_nothing_can_be_read(tmp_path: Path, conditions: Conditions) -> None:
    Results.create(tmp_path / "run", conditions)
    assert Results.read(tmp_path / "run").rows == []


def test_a_finished_run_has_its_reports_and_its_end(results: Results) -> None:
    paths = results.finish()
    assert [path.name for path in paths] == ["matrix.md", "matrix.html", "junit.xml"]
    assert all(path.stat().st_size > 1000 for path in paths)
    finished = Results.read(results.folder).conditions.finished
    assert finished is not None
    assert finished > results.conditions.started
    assert not list(results.folder.glob(".*")), "drafts are left"


def test_a_run_that_was_cut_short_says_so_in_its_reports(results: Results) -> None:
    markdown, html, _ = Results.read(results.folder).report()
    assert "cut short" in markdown.read_text()
    assert "cut short" in html.read_text()
    for path in results.finish()[:2]:
        assert "cut short" not in path.read_text()


def test_latest_leads_to_the_run_that_was_started_last(results: Results, conditions: Conditions) -> None:
    latest = results.folder.parent / "latest"
    assert Results.read(latest).rows == results.rows
    second = Results.create(results.folder.with_name("second"), conditions)
    assert latest.resolve() == second.folder.resolve()


def test_something_else_named_latest_is_left_alone(tmp_path: Path, conditions: Conditions) -> None:
    (tmp_path / "latest").mkdir()
    with pytest.raises(Problem, match="something else has that name"):
        Results.create(tmp_path / "run", conditions)


def test_a_folder_is_not_used_for_two_runs(results: Results, conditions: Conditions) -> None:
    with pytest.raises(Problem, match="already holds the results"):
        Results.create(results.folder, conditions)


def test_a_cell_is_judged_once(results: Results) -> None:
    with pytest.raises(Problem, match="judged twice"):
        results.add(results.rows[0])


@pytest.mark.parametrize(
    "damage",
    [
        '{"scenario": "s", "tit',
        "",
        "[]",
        "null",
        '{"scenario": "s"}',
        '{"scenario": "s", "title": "t", "cell": "c", "mode": "", "verdict": "splendid"}',
        '{"scenario": "s", "title": "t", "cell": "c", "mode": "", "verdict": "conforms", "seconds": "long"}',
        '{"scenario": "s", "title": "t", "cell": "c", "mode": "", "verdict": "conforms", "took": true}',
        '{"scenario": "s", "title": "t", "cell": "c", "mode": "", "verdict": "conforms", "protects": "yes"}',
        '{"scenario": "s", "title": "t", "cell": "c", "mode": null, "verdict": "conforms"}',
        '{"scenario": "s", "title": "t", "cell": "c", "mode": "", "verdict": "conforms", "colour": "red"}',
    ],
)
def test_a_damaged_line_is_named_by_file_and_number(results: Results, damage: str) -> None:
    path = results.folder / "results.jsonl"
    lines = path.read_text().splitlines()
    lines[2] = damage
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(Problem) as raised:
        Results.read(results.folder)
    assert raised.value.where == f"{path}:3"
    assert "delete line 3" in raised.value.remedy


def test_a_line_that_a_kill_tore_is_named(results: Results) -> None:
    path = results.folder / "results.jsonl"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(Problem) as raised:
        Results.read(results.folder)
    assert raised.value.where == f"{path}:{len(results.rows)}"


def test_a_row_that_stands_there_twice_is_damage(results: Results) -> None:
    path = results.folder / "results.jsonl"
    path.write_text(path.read_text() + results.rows[0].json() + "\n")
    with pytest.raises(Problem, match="damaged") as raised:
        Results.read(results.folder)
    assert "for the second time" in raised.value.found


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"answers": {"setuid": "maybe"}}', "\x00"])
def test_damaged_conditions_are_named(results: Results, damage: str) -> None:
    (results.folder / "run.json").write_text(damage)
    with pytest.raises(Problem, match="conditions of this run are damaged"):
        Results.read(results.folder)


def test_a_folder_without_a_run_is_answered_with_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be read") as raised:
        Results.read(tmp_path)
    assert "latest" in raised.value.remedy


def test_a_full_disk_is_a_problem_with_a_remedy(tmp_path: Path, conditions: Conditions, rows: list[Row]) -> None:
    results = Results.create(tmp_path / "run", conditions)
    (tmp_path / "run" / "results.jsonl").unlink()
    (tmp_path / "run" / "results.jsonl").symlink_to("/dev/full")
    with pytest.raises(Problem, match="could not be written") as raised:
        results.add(rows[0])
    assert "No space left" in raised.value.found
    assert results.rows == [], "a row that is not on disk does not count"


def test_whatever_a_payload_printed_survives_the_folder(results: Results) -> None:
    printed = "\x00\x1b[2J\u2028\udcff\n|<script>`&\ufffe\U0001f600"
    row = Row("s", printed, printed, "", Verdict.DEVIATES, expected=printed, observed=printed, evidence=printed)
    results.add(row)
    results.finish()
    assert Results.read(results.folder).rows[-1] == row


def test_run_json_is_for_other_programs_too(results: Results) -> None:
    run = json.loads((results.folder / "run.json").read_text())
    assert set(run) == {field.name for field in dataclasses.fields(Conditions)}
    assert run["answers"]["on_internal_error"] == "depends"
