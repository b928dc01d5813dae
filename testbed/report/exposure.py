"""Attacks that get through, as documented or not, and what stops each: no cell that says EXPOSED is left without.

What stops an attack is a counter-measure of the catalogue, tried in this run or not, or else another mode.
"""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from testbed.model.attack import LETTERS, ORDER, Chance, Threat
from testbed.model.catalogue import CATALOGUE
from testbed.model.cell import Cell
from testbed.model.mode import WAYS, Mode
from testbed.model.problem import Problem
from testbed.model.row import Row

TITLE = "What gets through, and what stops it"
HEADING = ("attack", "no.", "gets through in", "stopped by")
CAPTION = (
    "Attacks that succeeded in this run; that this is documented makes nobody safer. Beside a counter-measure that was "
    "tried stands what came of it; of the others the catalogue says that they help (docs/separation.md)."
)


@dataclass(frozen=True, slots=True)
class Exposure:
    """An attack that succeeded in this run."""

    threat: Threat
    stops: Mapping[Mode, str]
    """Each mode that it got through in, and what would stop it there, in words."""

    @property
    def words(self) -> tuple[str, ...]:
        """The line under `HEADING`."""
        stops = "; ".join(f"{', '.join(modes)}: {words}" for words, modes in self.alike.items())
        return (f"{self.threat.says} ({self.threat.attack})", self.threat.number, ", ".join(self.stops), stops)

    @property
    def alike(self) -> dict[str, list[Mode]]:
        """The modes in which the same is to be said."""
        found: dict[str, list[Mode]] = {}
        for mode, words in self.stops.items():
            found.setdefault(words, []).append(mode)
        return found


def exposures(rows: Sequence[Row]) -> list[Exposure]:
    """Every attack that got through without a counter-measure, in the order of the catalogue."""
    tried = _tried(rows)
    found = []
    for threat in CATALOGUE.values():
        through = [mode for mode in ORDER if tried.get((str(mode), threat.attack, None)) is False]
        if through:
            found.append(Exposure(threat, {mode: _stops(threat, mode, tried) for mode in through}))
    return found


def stopped_by(rows: Sequence[Row]) -> Callable[[Row], str]:
    """Says of a row of these what would stop its attack, which got through; nothing of any other row."""
    tried = _tried(rows)

    def said(row: Row) -> str:
        cell = _cell(row)
        if row.protects is not False or cell is None or cell.attack is None or cell.measure:
            return ""
        return _stops(CATALOGUE[cell.attack], cell.mode, tried)

    return said


def plain(rows: Sequence[Row], width: int) -> str:
    """For a terminal: what gets through although its mode separates payloads; how much does where none does."""
    found = exposures(rows)
    if not found:
        return ""
    lines = [f"{TITLE[0].lower()}{TITLE[1:]}"]
    for each in found:
        loud = {mode: words for mode, words in each.stops.items() if WAYS[mode].separates}
        if loud:
            says, number, *_ = each.words
            lines += textwrap.wrap(f"{says}, {number}", width, break_on_hyphens=False)
            for words, modes in Exposure(each.threat, loud).alike.items():
                said = f"{', '.join(modes)}: {words}"
                lines += textwrap.wrap(
                    said, width, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False
                )
    for mode in (mode for mode in ORDER if not WAYS[mode].separates):
        many = sum(mode in each.stops for each in found)
        if many:
            lines.append(f"{mode}: {many} attacks, for nothing separates payloads there; matrix.md names each")
    return "\n".join(lines) + "\n"


Tried = Mapping[tuple[str, str, str | None], bool]
"""Mode, attack, and counter-measure or none: whether it was stopped each time that it was tried."""


def _tried(rows: Sequence[Row]) -> Tried:
    found: dict[tuple[str, str, str | None], bool] = {}
    for row in rows:
        cell = _cell(row)
        if cell and cell.attack and row.protects is not None:
            key = (row.mode, cell.attack, cell.measure)
            found[key] = found.get(key, True) and row.protects
    return found


def _stops(threat: Threat, mode: Mode, tried: Tried) -> str:
    words = list(_measures(threat, mode, tried))
    letters = zip(ORDER, threat.letters, strict=True)
    blocking = [other for other, letter in letters if LETTERS[letter] is Chance.BLOCKED]
    if blocking and not (words and WAYS[mode].separates):
        words.append(f"the mode {' or '.join(blocking)}")
    return ", ".join(words) or f"NOTHING that is known here ({threat.why})"


def _measures(threat: Threat, mode: Mode, tried: Tried) -> Iterator[str]:
    """Each counter-measure that helps in this mode, and what came of it."""
    for measure in threat.measures:
        if mode in threat.measures[measure]:
            came = {None: "not tried here", True: "tried here: it does", False: "tried here: it does NOT"}
            yield f"{measure} ({came[tried.get((mode, threat.attack, measure))]})"


def _cell(row: Row) -> Cell | None:
    try:
        return Cell.parse(row.cell)
    except Problem:
        return None
