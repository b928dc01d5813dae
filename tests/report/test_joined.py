"""The results of two runs that shared the scenarios become those of one."""

import dataclasses
from pathlib import Path

from testbed.model.failure import Failure
from testbed.model.outcome import End
from testbed.model.replay import OURS, UNASKED, Fate, Replay
from testbed.model.row import Row
from testbed.report.conditions import Conditions
from testbed.report.results import Results
from tests.joined import join


def kept(folder: Path, conditions: Conditions, rows: list[Row]) -> Path:
    results = Results.create(folder, conditions)
    for row in rows:
        results.add(row)
    results.finish()
    return folder


def test_the_rows_of_all_are_there_with_their_evidence(tmp_path: Path, conditions: Conditions, rows: list[Row]) -> None:
    rows = [dataclasses.replace(row, evidence="evidence/here") for row in rows]
    first, second = (tmp_path / name for name in ("first", "second"))
    said = "\n".join(join(kept(first, conditions, rows[:5]), [tmp_path / "none", kept(second, conditions, rows[5:])]))
    joined = Results.read(first).rows
    assert [dataclasses.replace(row, evidence="") for row in joined] == [
        dataclasses.replace(row, evidence="") for row in rows
    ]
    assert {row.evidence for row in joined[:5]} == {"evidence/here"}
    assert {row.evidence for row in joined[5:]} == {"../second/evidence/here"}
    assert f"{len(rows)} cells of" in said


def test_where_one_run_had_all_scenarios_nothing_is_said(
    tmp_path: Path, conditions: Conditions, rows: list[Row]
) -> None:
    assert list(join(kept(tmp_path / "first", conditions, rows), [tmp_path / "none"])) == []


def test_what_a_client_did_alike_in_several_runs_counts_once(
    tmp_path: Path, conditions: Conditions, rows: list[Row]
) -> None:
    """Files that have the same circumstance are shared out among the runs."""
    back = Fate(End.RETURNED, "gives the payload back", 203)
    ours = Replay(OURS, "no", "setuid", "refused", Failure.INTERNAL, back)
    other = dataclasses.replace(ours, client="blah", answer=UNASKED)
    folders = [kept(tmp_path / name, conditions, some) for name, some in (("first", rows[:5]), ("second", rows[5:]))]
    for folder in folders:
        Results.read(folder).keep([ours, other, ours])
    list(join(folders[0], folders[1:]))
    assert [each.client for each in Results.read(folders[0]).replays] == [OURS, "blah"]
