"""Rows become lines and columns, and each column its two answers."""

import dataclasses

from testbed.model.row import Row, Verdict
from testbed.report.matrix import GENERAL, Tone, closing, matrix


def _line(rows: list[Row], words: str) -> list[tuple[str, str]]:
    line = next(line for line in matrix(rows).lines if words in line.label)
    pairs = zip(line.conformance, line.protection, strict=True)
    return [(conformance.word, protection.word) for conformance, protection in pairs]


def test_columns_are_the_modes_in_their_order_and_then_the_rows_without_a_mode(rows: list[Row]) -> None:
    assert matrix(reversed(rows)).columns == ("none", "log-only", "setuid", "vm", GENERAL)


def test_only_modes_that_occur_have_a_column(rows: list[Row]) -> None:
    assert matrix(row for row in rows if row.mode in ("vm", "none")).columns == ("none", "vm")


def test_a_theft_is_documented_and_exposes_where_nothing_separates(rows: list[Row]) -> None:
    assert _line(rows, "read Bob's proxy") == [
        ("ok", "EXPOSED"),
        ("ok", "EXPOSED"),
        ("ok", "protected"),
        ("ok", "protected"),
        ("", ""),
    ]


def test_a_cell_without_meaning_is_neither_good_nor_bad(rows: list[Row]) -> None:
    assert _line(rows, "question 4: yes")[0] == ("n/a", "-")


def test_the_heads_of_log_only_and_setuid_differ_in_protection_alone(rows: list[Row]) -> None:
    thefts = [row for row in rows if "test_theft" in row.scenario]
    heads = {tally.column: tally for tally in matrix(thefts).tallies}
    assert {heads[mode].conformance.tone for mode in heads} == {Tone.GOOD}
    tones = {mode: head.protection.tone for mode, head in heads.items() if head.protection}
    assert tones == {"none": Tone.BAD, "log-only": Tone.BAD, "setuid": Tone.GOOD, "vm": Tone.GOOD}


def test_the_lines_that_expose_are_named_when_they_are_few(rows: list[Row]) -> None:
    heads = {tally.column: tally.where for tally in matrix(rows).tallies}
    assert heads["setuid"] == "no-config, question 4: yes"
    assert heads["log-only"] == ""


def test_every_axis_that_differs_within_a_scenario_is_told() -> None:
    cells = ("setuid-gridmap", "setuid-gridmap-bob", "setuid-gridmap-bobs-file")
    lines = matrix(Row("s", "a title", cell, "setuid", Verdict.CONFORMS) for cell in cells).lines
    assert [line.words for line in lines] == [
        "user alice, no attack",
        "user bob, no attack",
        "user alice, read a file of Bob's, mode 0600",
    ]


def test_no_row_is_lost(rows: list[Row]) -> None:
    shown = [row for line in matrix(rows).lines for row in line.rows if row]
    assert sorted(map(repr, shown)) == sorted(map(repr, rows))


def test_what_is_blocked_is_never_counted_as_documented(rows: list[Row]) -> None:
    stopped = [dataclasses.replace(row, verdict=Verdict.BLOCKED, protects=None) for row in rows]
    assert {tally.conformance.tone for tally in matrix(stopped).tallies} == {Tone.DOUBT}
    assert all(tally.protection is None for tally in matrix(stopped).tallies)
    assert "as documented" not in closing(stopped)


def test_the_closing_line_counts_every_row_once(rows: list[Row]) -> None:
    deviating = [dataclasses.replace(rows[0], verdict=Verdict.DEVIATES), *rows[1:]]
    exposed = sum(row.protects is False for row in rows)
    asked = sum(row.protects is not None for row in rows)
    inapplicable = sum(row.verdict is Verdict.NOT_APPLICABLE for row in rows)
    assert closing(deviating) == (
        f"{len(rows)} cells of 5 scenarios: {len(rows) - inapplicable - 1} as documented, 1 deviating, "
        f"{inapplicable} not applicable; users exposed in {exposed} of {asked}"
    )


def test_a_run_without_rows_says_so() -> None:
    assert matrix([]).lines == ()
    assert closing([]) == "0 cells of 0 scenarios: nothing was run"
