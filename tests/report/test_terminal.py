"""The matrix on the screen: it fits, it is plain where it must be, and it tells what to look at."""

import dataclasses
import io
import os
import re

import pytest

from testbed.model.row import Row, Verdict
from testbed.report import terminal

COLOUR = re.compile(r"\x1b\[[\d;]+m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def troubled(rows: list[Row]) -> list[Row]:
    """A run in which one theft got through and then the engine died."""
    stolen = next(row for row in rows if row.cell == "setuid-gridmap-bobs-proxy")
    return [
        dataclasses.replace(
            row, verdict=Verdict.DEVIATES, observed="attack succeeded", protects=False, reason="attack: not blocked"
        )
        if row is stolen
        else dataclasses.replace(row, verdict=Verdict.BLOCKED, protects=None, reason="the engine does not answer")
        if row.mode == "vm"
        else row
        for row in rows
    ]


@pytest.mark.parametrize("width", [72, 80, 100])
def test_nothing_but_what_is_to_be_copied_is_wider_than_asked(troubled: list[Row], width: int) -> None:
    lines = terminal.render(troubled, width).splitlines()
    wide = [line for line in lines if len(line) > width]
    assert all(re.match(r"  (evidence|do next):|\d+ cells of", line) for line in wide), wide


def test_columns_are_aligned(rows: list[Row]) -> None:
    heading, *lines = terminal.render(rows).split("\n\n")[0].splitlines()
    column = heading.index("setuid")
    cells = [line[column:] for line in lines if re.search(r"  (ok|n/a) ", line)]
    assert len(cells) == 12
    assert all(re.match(r"ok (protected|EXPOSED  )  ok ", cell) for cell in cells), cells


def test_conformance_and_protection_stand_side_by_side(rows: list[Row]) -> None:
    line = next(line for line in terminal.render(rows).splitlines() if "read Bob's proxy" in line)
    assert re.split(r"\s{2,}", line.strip())[1:] == ["ok", "EXPOSED", "ok EXPOSED", "ok protected", "ok protected"]


def test_the_sentence_for_log_only_says_both(rows: list[Row]) -> None:
    line = next(line for line in terminal.render(rows).splitlines() if line.startswith("log-only"))
    assert re.search(r"behaves as documented in (\d+) of \1  but users are EXPOSED", line)


def test_a_plain_report_holds_no_escape_and_a_coloured_one_says_the_same(troubled: list[Row]) -> None:
    plain = terminal.render(troubled)
    coloured = terminal.render(troubled, colour=True)
    assert plain.isascii()
    assert "\x1b" not in plain
    assert "\x1b[1;31mEXPOSED\x1b[0m" in coloured
    assert COLOUR.sub("", coloured) == plain


def test_each_deviation_is_told_with_its_evidence_and_the_next_command(troubled: list[Row]) -> None:
    blocks = terminal.render(troubled, folder="results/now").split("\n\n")
    block = next(block for block in blocks if block.startswith("DEVIATES"))
    for part in (
        "expected:  ran separated, as pool alpha, code 0, attack blocked",
        "observed:  attack succeeded",
        "reason:    attack: not blocked",
        "evidence:  results/now/evidence/",
        "do next:   testbed explain setuid-gridmap-bobs-proxy",
    ):
        assert part in block


def test_what_stopped_for_one_reason_is_told_once(troubled: list[Row]) -> None:
    report = terminal.render(troubled)
    assert report.count("the engine does not answer") == 1
    blocked = [row.cell for row in troubled if row.verdict is Verdict.BLOCKED]
    assert len(blocked) > 5
    assert all(cell in report for cell in blocked)


def test_a_payload_cannot_steer_the_terminal(rows: list[Row]) -> None:
    hostile = dataclasses.replace(
        rows[0], verdict=Verdict.DEVIATES, title="x\x1b[2J", observed="\x1b]0;owned\x07\u202e\x9b31m\nnext", reason="\r"
    )
    report = terminal.render([hostile])
    assert report.replace("\n", "").isprintable()
    assert r"\x1b]0;owned\x07\u202e\x9b31m" in report


def test_the_report_ends_with_the_line_that_counts(troubled: list[Row]) -> None:
    assert terminal.render(troubled).splitlines()[-1].startswith(f"{len(troubled)} cells of 5 scenarios: ")


def test_colours_are_for_terminals_and_for_those_who_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert terminal.wants_colour(Terminal())
    assert not terminal.wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.wants_colour(Terminal())


def test_the_width_is_the_terminals_but_never_more_than_a_hundred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda _: os.terminal_size((240, 50)))
    assert terminal.width() == 100
    monkeypatch.setattr("shutil.get_terminal_size", lambda _: os.terminal_size((80, 24)))
    assert terminal.width() == 80


def test_no_line_ends_in_blanks(troubled: list[Row]) -> None:
    lines = [line for width in (60, 72, 100) for line in terminal.render(troubled, width).splitlines()]
    assert [line for line in lines if line != line.rstrip()] == []
