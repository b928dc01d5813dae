"""No attack that gets through stands in a report without what stops it."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from testbed.model.attack import Attack
from testbed.model.cell import Cell, cells
from testbed.model.oracle import expected
from testbed.model.row import Row, Verdict
from testbed.report import exposure, html, junit, markdown
from testbed.report.conditions import Conditions

HELPLESS = {Attack.SKIPPED_RECORD}
"""Nothing that is known here stops it in any mode."""


def _row(cell: Cell) -> Row | None:
    outcome = expected(cell, "alpha").outcome
    return outcome and Row(
        "scenarios/separation/test_theft.py::test_it",
        "it",
        cell.id,
        cell.mode,
        Verdict.CONFORMS,
        protects=outcome.protects,
    )


def _rows(**axes: str) -> list[Row]:
    return [row for cell in cells(mode="none log-only setuid container vm", **axes) if (row := _row(cell))]


@pytest.fixture
def everything() -> list[Row]:
    """Every attack in every mode, and no counter-measure tried."""
    return _rows(attack=" ".join(Attack))


def test_every_cell_of_an_attack_that_gets_through_says_what_stops_it(everything: list[Row]) -> None:
    stopped = exposure.stopped_by(everything)
    through = [row for row in everything if row.protects is False]
    assert through
    assert {Cell.parse(row.cell).attack for row in through if stopped(row).startswith("NOTHING")} == HELPLESS
    assert all(bool(stopped(row)) is (row in through) for row in everything)


def test_a_measure_that_was_tried_stands_there_with_what_came_of_it(everything: list[Row]) -> None:
    (row,) = (row for row in everything if row.cell == "setuid-gridmap-bobs-command-line")
    with_it = _row(Cell.parse(f"{row.cell}-hidepid"))
    assert with_it
    assert with_it.protects
    for tried, words in ([], "not tried here"), ([with_it], "tried here: it does"):
        assert exposure.stopped_by([row, *tried])(row) == f"hidepid ({words})"
    failed = replace(with_it, protects=False)
    assert exposure.stopped_by([row, with_it, failed])(row) == "hidepid (tried here: it does NOT)"
    assert exposure.stopped_by([row, failed])(failed) == ""


def test_a_mode_that_separates_nobody_is_stopped_by_another_mode(everything: list[Row]) -> None:
    (row,) = (row for row in everything if row.cell == "log-only-gridmap-bobs-proxy")
    assert exposure.stopped_by(everything)(row) == "the mode setuid or container or vm"


def test_the_screen_names_what_gets_through_in_modes_that_separate_and_counts_the_others(everything: list[Row]) -> None:
    shown = exposure.plain(everything, 100)
    assert "  setuid: hidepid (not tried here)\n" in shown
    assert "read Bob's proxy" not in shown
    assert f"\nnone: {sum(row.mode == 'none' and row.protects is False for row in everything)} attacks, " in shown
    assert exposure.plain([row for row in everything if row.protects], 100) == ""


def test_every_report_has_it(everything: list[Row], conditions: Conditions) -> None:
    md, page = markdown.render(everything, conditions), html.render(everything, conditions)
    for found in exposure.exposures(everything):
        assert f"({found.threat.attack}) | {found.threat.number} |" in md
        assert f"({found.threat.attack})<" in page
    suites = ElementTree.fromstring(junit.render(everything, conditions))
    for case in suites.iter("testcase"):
        told = case.findtext("system-out") or ""
        assert ("\nstopped by: " in told) is ("\nprotection: EXPOSED" in told)
    said = {each.get("name"): each.get("value") for each in suites.iter("property")}
    of_vm = [row.protects for row in everything if row.mode == "vm"]
    assert said["users exposed in vm"] == f"{of_vm.count(False)} of {len(of_vm)}"
