"""Rows as two grids over the same lines and columns: does it behave as documented, and are users protected?"""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from testbed.model.attack import Attack
from testbed.model.catalogue import CATALOGUE
from testbed.model.cell import Cell
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.model.row import Row, Verdict

GENERAL = "general"
"""The heading of the column of rows that have no mode."""


class Tone(StrEnum):
    """How a mark is meant; each report has its own colour for it."""

    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"
    """Neither a pass nor a finding: somebody has to look."""
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a grid says at one point."""

    word: str
    tone: Tone


BLANK = Mark("", Tone.QUIET)

_FEW = 2

CONFORMANCE = {
    Verdict.CONFORMS: Mark("ok", Tone.GOOD),
    Verdict.DEVIATES: Mark("DEVIATES", Tone.BAD),
    Verdict.BLOCKED: Mark("blocked", Tone.DOUBT),
    Verdict.UNSURE: Mark("unsure", Tone.DOUBT),
    Verdict.KNOWN: Mark("known", Tone.DOUBT),
    Verdict.CLOSED: Mark("CLOSED", Tone.BAD),
    Verdict.NOT_APPLICABLE: Mark("n/a", Tone.QUIET),
}

PROTECTION = {
    True: Mark("protected", Tone.GOOD),
    False: Mark("EXPOSED", Tone.BAD),
    None: Mark("-", Tone.QUIET),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One scenario, or one variant of it, across all columns."""

    scenario: str
    title: str
    words: str
    """What tells this variant from the scenario's others: ``read Bob's proxy``. Empty when it is the only one."""
    rows: tuple[Row | None, ...]
    """One per column; ``None`` where the scenario has no such cell."""

    @property
    def label(self) -> str:
        """The line's name where it has to stand alone."""
        return f"{self.title}: {self.words}" if self.words else self.title

    @property
    def conformance(self) -> tuple[Mark, ...]:
        """This line of the first grid."""
        return tuple(CONFORMANCE[row.verdict] if row else BLANK for row in self.rows)

    @property
    def protection(self) -> tuple[Mark, ...]:
        """This line of the second grid."""
        return tuple(PROTECTION[row.protects] if row else BLANK for row in self.rows)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one column says as a whole: the two answers that stand side by side at the head of a report."""

    column: str
    conformance: Mark
    protection: Mark | None
    """``None`` when no row of the column asks the question."""
    where: str
    """Where users are exposed, when it is in few enough lines to name them."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """All lines over all columns: the modes that occur, in their own order, then those without a mode."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def scenarios(self) -> dict[str, list[Line]]:
        """The lines by scenario, in the order of the run."""
        grouped: dict[str, list[Line]] = {}
        for line in self.lines:
            grouped.setdefault(line.scenario, []).append(line)
        return grouped

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """One per column."""
        tallies = []
        for index, column in enumerate(self.columns):
            rows = [row for line in self.lines if (row := line.rows[index])]
            exposed = [line for line in self.lines if (row := line.rows[index]) and row.protects is False]
            where = "; ".join(line.words or line.title for line in exposed)
            tallies.append(Tally(column, _documented(rows), _protected(rows), where if len(exposed) <= _FEW else ""))
        return tuple(tallies)


def matrix(rows: Iterable[Row]) -> Matrix:
    """The matrix of some rows: lines in the order in which the rows came."""
    rows = list(rows)
    known = [str(mode) for mode in Mode]
    modes = {row.mode for row in rows}
    order = [mode for mode in known if mode in modes] + sorted(modes - {*known, ""}) + [""] * ("" in modes)

    variants: dict[tuple[str, tuple[tuple[str, str], ...]], dict[str, Row]] = {}
    for row in rows:
        variants.setdefault((row.scenario, _variant(row)), {})[row.mode] = row

    lines = []
    for (scenario, variant), by_mode in variants.items():
        siblings = [dict(other) for name, other in variants if name == scenario]
        title = next(iter(by_mode.values())).title
        lines.append(Line(scenario, title, _words(dict(variant), siblings), tuple(map(by_mode.get, order))))
    return Matrix(tuple(mode or GENERAL for mode in order), tuple(lines))


def closing(rows: Sequence[Row]) -> str:
    """The one line that counts, for the end of every report."""
    said = [
        (Verdict.CONFORMS, "as documented"),
        (Verdict.DEVIATES, "deviating"),
        (Verdict.BLOCKED, "blocked"),
        (Verdict.UNSURE, "unsure"),
        (Verdict.KNOWN, "known to differ"),
        (Verdict.CLOSED, "no longer different"),
        (Verdict.NOT_APPLICABLE, "not applicable"),
    ]
    counts = [(sum(row.verdict is verdict for row in rows), words) for verdict, words in said]
    judged = ", ".join(f"{count} {words}" for count, words in counts if count) or "nothing was run"
    asked = [row for row in rows if row.protects is not None]
    exposed = sum(row.protects is False for row in asked)
    protection = f"; users exposed in {exposed} of {len(asked)}" if asked else ""
    scenarios = len({row.scenario for row in rows})
    return f"{_many(len(rows), 'cell')} of {_many(scenarios, 'scenario')}: {judged}{protection}"


_DEFAULTS = {field.name: str(field.default or "") for field in dataclasses.fields(Cell)[1:]}
"""What each axis but the mode says when nothing is said."""


def _variant(row: Row) -> tuple[tuple[str, str], ...]:
    """The cell without its mode: what makes a line within its scenario."""
    try:
        cell = Cell.parse(row.cell)
    except Problem:  # a free id, as scenarios without a mode have it
        return (("cell", row.cell.removeprefix(f"{row.mode}-")),)
    return tuple((axis, str(getattr(cell, axis) or "")) for axis in _DEFAULTS)


def _words(variant: dict[str, str], siblings: list[dict[str, str]]) -> str:
    """The axes that are not as usual, or that differ within the scenario."""
    told = []
    for axis, word in variant.items():
        varies = len({sibling.get(axis) for sibling in siblings}) > 1
        if varies or word != _DEFAULTS.get(axis, word):
            told.append(_in_words(axis, word))
    return ", ".join(filter(None, told))


def _in_words(axis: str, word: str) -> str:
    match axis:
        case "attack":
            return CATALOGUE[Attack(word)].says if word else "no attack"
        case "measure":
            return f"with {word}" if word else ""
        case "on_internal_error":
            return f"question 4: {word}" if word else "question 4 not asked"
        case "fault":
            return "no fault" if word == _DEFAULTS["fault"] else word
        case "user":
            return f"user {word}"
        case _:
            return word


def _documented(rows: Sequence[Row]) -> Mark:
    judged = [row for row in rows if row.verdict is not Verdict.NOT_APPLICABLE]
    deviating = sum(row.verdict is Verdict.DEVIATES for row in judged)
    conforming = sum(row.verdict is Verdict.CONFORMS for row in judged)
    if not judged:
        return Mark("nothing to judge", Tone.QUIET)
    if deviating:
        return Mark(f"DEVIATES in {deviating} of {len(judged)}", Tone.BAD)
    if closed := sum(row.verdict is Verdict.CLOSED for row in judged):
        return Mark(f"no longer DIFFERS in {closed} of {len(judged)}", Tone.BAD)
    known = sum(row.verdict is Verdict.KNOWN for row in judged)
    if known and conforming + known == len(judged):
        return Mark(f"known to differ in {known} of {len(judged)}", Tone.DOUBT)
    if conforming + known < len(judged):
        return Mark(f"not judged in {len(judged) - conforming - known} of {len(judged)}", Tone.DOUBT)
    return Mark(f"behaves as documented in {_all(len(judged))}", Tone.GOOD)


def _protected(rows: Sequence[Row]) -> Mark | None:
    asked = [row.protects for row in rows if row.protects is not None]
    if not asked:
        return None
    if exposed := asked.count(False):
        return Mark(f"users are EXPOSED in {exposed} of {len(asked)}", Tone.BAD)
    return Mark(f"users are protected in {_all(len(asked))}", Tone.GOOD)


def _all(count: int) -> str:
    return f"{count} of {count}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")
