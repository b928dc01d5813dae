"""Two runs compared: only what an admin would act on counts as a difference."""

import dataclasses

from testbed.model.row import Row, Verdict
from testbed.report.diff import diff


def test_a_run_does_not_differ_from_itself_told_in_another_order(rows: list[Row]) -> None:
    difference = diff(rows, reversed(rows))
    assert difference.exit_code == 0
    assert str(difference) == "both runs say the same"


def test_times_and_wordings_are_no_difference(rows: list[Row]) -> None:
    later = [dataclasses.replace(row, seconds=9.0, observed="otherwise", evidence="elsewhere") for row in rows]
    assert diff(rows, later).exit_code == 0


def test_a_changed_verdict_is_a_difference(rows: list[Row]) -> None:
    worse = [dataclasses.replace(rows[0], verdict=Verdict.DEVIATES), *rows[1:]]
    difference = diff(rows, worse)
    assert difference.exit_code == 1
    assert [(change.old, change.new) for change in difference.changed] == [(rows[0], worse[0])]


def test_lost_protection_is_a_difference_even_if_both_runs_behave_as_documented(rows: list[Row]) -> None:
    before = next(row for row in rows if row.cell == "setuid-gridmap-bobs-proxy")
    after = dataclasses.replace(before, protects=False)
    difference = diff([before], [after])
    assert difference.exit_code == 1
    assert "ok protected -> ok EXPOSED" in str(difference)


def test_what_appeared_and_what_vanished_is_told(rows: list[Row]) -> None:
    difference = diff(rows[:-1], rows[1:])
    assert difference.appeared == (rows[-1],)
    assert difference.vanished == (rows[0],)
    assert difference.exit_code == 1
    assert str(difference).endswith("0 changed, 1 appeared, 1 vanished")


def test_the_same_cell_of_two_scenarios_is_two_things(rows: list[Row]) -> None:
    other = dataclasses.replace(rows[0], scenario="another", verdict=Verdict.UNSURE)
    assert diff([rows[0], other], [other, rows[0]]).exit_code == 0
