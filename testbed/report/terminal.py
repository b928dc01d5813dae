"""The matrix on the screen: the two answers of each cell side by side, then what needs a look, then the count."""

import os
import shutil
import textwrap
from collections.abc import Sequence
from typing import TextIO

from testbed.model.row import Row, Verdict
from testbed.report.attention import explained, findings
from testbed.report.matrix import CONFORMANCE, PROTECTION, Line, Mark, Matrix, Tone, closing, matrix
from testbed.report.text import one_line, visible

WIDTH = 100
"""Columns that a report takes at most; a wider terminal does not make longer lines easier to read."""

_COLOURS = {Tone.GOOD: "32", Tone.BAD: "1;31", Tone.DOUBT: "33", Tone.QUIET: "2"}
_BOLD = "1"
_GAP = "  "
_NARROWEST_LABEL = 24


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour what goes to a stream: only on a terminal, and not where NO_COLOR (no-color.org) is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """The columns to fill here."""
    return min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)


def render(rows: Sequence[Row], width: int = WIDTH, colour: bool = False, folder: str = "") -> str:
    """The report of some rows; ``folder`` is the results folder that evidence is named relative to."""
    screen = _Screen(width, colour)
    parts = [screen.grid(matrix(rows)), screen.tallies(matrix(rows)), screen.reasons(rows)]
    parts += screen.attention(rows, folder)
    return "\n\n".join(part for part in [*parts, closing(rows)] if part) + "\n"


class _Screen:
    """What all parts of the report know of the screen."""

    def __init__(self, width: int, colour: bool) -> None:
        self.width = width
        self.colour = colour

    def grid(self, table: Matrix) -> str:
        """One line per variant; in each column whether it is as documented, and whether users are protected."""
        if not table.lines:
            return ""
        halves = [_halves(table, index) for index in range(len(table.columns))]
        widths = [
            max(left + bool(right) + right, len(name))
            for (left, right), name in zip(halves, table.columns, strict=True)
        ]
        label = self.width - sum(widths) - len(_GAP) * len(widths)
        beside = label >= _NARROWEST_LABEL
        room = label if beside else 2
        heading = _GAP.join(name.ljust(size) for name, size in zip(table.columns, widths, strict=True))
        lines = [" " * room + _GAP + self._paint(heading.rstrip(), _BOLD)]
        for variants in table.scenarios.values():
            shared = len(variants) > 1 or bool(variants[0].words)
            if shared:
                lines += [self._paint(line, _BOLD) for line in _wrapped(variants[0].title, self.width)]
            for line in variants:
                cells = _GAP.join(self._cells(line, halves, widths))
                text = (line.words or "as usual") if shared else line.title
                *above, last = _wrapped(text, room if beside else self.width, "  " if shared else "")
                lines += above if beside else [*above, last]
                lines.append((last if beside else "").ljust(room) + _GAP + cells)
        return "\n".join(line.rstrip() for line in lines)

    def tallies(self, table: Matrix) -> str:
        """For each mode the two answers as a whole: what it does, and what that is worth."""
        name = max((len(tally.column) for tally in table.tallies), default=0)
        left = max((len(tally.conformance.word) for tally in table.tallies), default=0)
        lines = []
        for tally in table.tallies:
            line = f"{tally.column:<{name}}{_GAP}{self._mark(tally.conformance, left)}"
            if tally.protection:
                joint = "but" if tally.conformance.tone is Tone.GOOD and tally.protection.tone is Tone.BAD else "and"
                room = self.width - name - left - 2 * len(_GAP)
                fits = len(joint) + 1 + len(tally.protection.word) <= room
                line = line + _GAP if fits else line.rstrip() + "\n" + " " * (name + len(_GAP))
                line += f"{joint} {self._mark(tally.protection)}"
            lines.append(line.rstrip())
            lines += _wrapped(f"namely: {tally.where}", self.width, " " * (name + len(_GAP))) if tally.where else []
        return "\n".join(lines)

    def reasons(self, rows: Sequence[Row]) -> str:
        """Why some cells are not applicable, and what the ledger says of others."""
        lines = []
        for verdict in (Verdict.NOT_APPLICABLE, Verdict.KNOWN):
            for reason, count in explained(rows, verdict):
                said = f"{CONFORMANCE[verdict].word} ({count}): {one_line(reason) or 'no reason given'}"
                lines += _wrapped(said, self.width, later="     ")
        return "\n".join(lines)

    def attention(self, rows: Sequence[Row], folder: str) -> list[str]:
        """Each row that somebody has to look at, as a block."""
        blocks = []
        for finding in findings(rows):
            row = finding.row
            word = CONFORMANCE[row.verdict].word
            title, *more = _wrapped(row.title, self.width - len(word) - 2)
            lines = [self._mark(CONFORMANCE[row.verdict]) + "  " + self._paint(title, _BOLD)]
            lines += [" " * (len(word) + 2) + self._paint(line, _BOLD) for line in more]
            lines.append(f"  {'cell:':<10} {one_line(row.cell)}")
            for name, text in finding.lines("/".join(filter(None, (folder.rstrip("/"), row.evidence)))):
                lines += self._field(name, text)
            blocks.append("\n".join(lines))
        return blocks

    def _field(self, name: str, text: str) -> list[str]:
        indent = " " * 13
        paragraphs = visible(text).splitlines() or [""]
        whole = name in ("evidence", "do next")  # to be copied, so never broken
        wrapped = [
            line
            for paragraph in paragraphs
            for line in ([paragraph] if whole else _wrapped(paragraph, self.width - 13))
        ]
        return [f"  {name + ':':<10} {wrapped[0]}", *(indent + line for line in wrapped[1:])]

    def _cells(self, line: Line, halves: Sequence[tuple[int, int]], widths: Sequence[int]) -> list[str]:
        cells = []
        for conformance, protection, (left, right), width in zip(
            line.conformance, line.protection, halves, widths, strict=True
        ):
            text = self._mark(conformance, left)
            if right:
                text += " " + self._mark(protection, right)
            cells.append(text + " " * (width - left - bool(right) - right))
        return cells

    def _mark(self, mark: Mark, size: int = 0) -> str:
        return self._paint(mark.word, _COLOURS[mark.tone]) + " " * (size - len(mark.word))

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def _halves(table: Matrix, index: int) -> tuple[int, int]:
    """The widths of a column's two answers; the second is 0 where no row asks it."""
    asked = any(line.protection[index].word not in ("", PROTECTION[None].word) for line in table.lines)
    left = max(len(line.conformance[index].word) for line in table.lines)
    right = max(len(line.protection[index].word) for line in table.lines) if asked else 0
    return left, right


def _wrapped(text: str, width: int, indent: str = "", later: str = "") -> list[str]:
    """The text as lines of at most a width; ids, which hold hyphens, stay whole."""
    return textwrap.wrap(
        one_line(text),
        width,
        initial_indent=indent,
        subsequent_indent=later or indent,
        break_on_hyphens=False,
        break_long_words=False,
    ) or [indent]
