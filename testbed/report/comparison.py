"""The comparison that the questions on multi-user pilots ask for: with identity change, without, in a virtual machine.

Counts, costs and complications of one run, a column for each mode; each line names the scenarios that it is made of.
"""

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from testbed.model.cell import Cell
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.model.row import Row, Verdict

TITLE = "With identity change, without, in a container, in a virtual machine"
CAPTION = (
    "Counted and measured in this run. An attack counts once for a mode in which it was tried; before that it had to "
    "succeed where nothing hinders it, or a defect put in on purpose lets it through (docs/separation.md). What is not "
    "applicable does not count, so the modes have not the same number. Times and memory are of one payload, beside "
    "whatever else ran on this machine: to be compared with each other, not with other runs."
)
COLUMNS = {
    Mode.NONE: "without the switch",
    Mode.LOG_ONLY: "without identity change",
    Mode.SETUID: "with identity change",
    Mode.CONTAINER: "container",
    Mode.VM: "virtual machine",
}
FOLDER = "scenarios/separation/"
COMPLICATIONS = f"{FOLDER}test_complications.py"
FIGURES: Mapping[str, tuple[str, Callable[[float, float], str]]] = {
    "start": ("an empty payload, from the queue to its end (median)", lambda value, usual: f"{value:.2f} s"),
    "memory": ("memory that it has for itself on the node", lambda value, usual: f"{value:.0f} MiB"),
    "computation": ("a short computation, as a multiple", lambda value, usual: f"{value / usual:.1f}" if usual else ""),
}
"""What is measured -> in words, and how a figure is shown beside that of the first column."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the comparison."""

    asked: str
    answers: tuple[str, ...]
    """One for each column; empty where this run has none."""
    scenarios: tuple[str, ...]
    """The files that it is made of, below scenarios/separation."""

    @property
    def words(self) -> tuple[str, ...]:
        """The line under `heading`."""
        return (self.asked, *self.answers, ", ".join(self.scenarios))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The table, of the modes that occur."""

    modes: tuple[Mode, ...]
    lines: tuple[Line, ...]

    @property
    def heading(self) -> tuple[str, ...]:
        """The names of the columns."""
        return ("", *(f"{COLUMNS[mode]} ({mode})" for mode in self.modes), "scenarios")


def comparison(rows: Sequence[Row]) -> Comparison | None:
    """The comparison that these rows allow; none where fewer than two modes were compared in anything."""
    judged = [row for row in rows if row.scenario.startswith(FOLDER) and row.verdict in _JUDGED]
    modes = tuple(mode for mode in COLUMNS if any(row.mode == mode for row in judged))
    lines = (*_counts(judged, modes), *_costs(judged, modes), *_words(judged, modes))
    found = Comparison(modes, tuple(line for line in lines if line))
    return found if len(modes) > 1 and found.lines else None


def plain(rows: Sequence[Row], width: int) -> str:
    """For a terminal: each line with its answers below it; nothing where there is none."""
    found = comparison(rows)
    if found is None:
        return ""
    name = max(len(COLUMNS[mode]) for mode in found.modes)
    lines = [TITLE[0].lower() + TITLE[1:]]
    for each in found.lines:
        lines += textwrap.wrap(f"{each.asked} [{', '.join(each.scenarios)}]", width, break_on_hyphens=False)
        for mode, answer in zip(found.modes, each.answers, strict=True):
            lines += [f"  {COLUMNS[mode]:<{name}}  {answer}"] if answer else []
    return "\n".join(lines) + "\n"


_JUDGED = (Verdict.CONFORMS, Verdict.DEVIATES, Verdict.KNOWN, Verdict.CLOSED)


def _cell(row: Row) -> Cell | None:
    try:
        return Cell.parse(row.cell)
    except Problem:
        return None


def _counts(rows: Sequence[Row], modes: Sequence[Mode]) -> tuple[Line | None, ...]:
    """Attacks stopped of those tried, and of those that succeed how many some counter-measure stops."""
    tried: dict[tuple[str, str], bool] = {}
    measured: dict[tuple[str, str], bool] = {}
    files: tuple[dict[str, None], dict[str, None]] = ({}, {})
    for row in rows:
        cell = _cell(row)
        if cell is None or cell.attack is None or row.protects is None:
            continue
        key = (row.mode, str(cell.attack))
        into, names = (measured, files[1]) if cell.measure else (tried, files[0])
        # With many counter-measures one that stops it is enough; without any, one success is one too many.
        into[key] = (into.get(key, False) or row.protects) if cell.measure else (into.get(key, True) and row.protects)
        names[_file(row)] = None

    def stopped(mode: Mode) -> str:
        mine = [stops for (where, _), stops in tried.items() if where == mode]
        return f"{sum(mine)} of {len(mine)}" if mine else ""

    def helped(mode: Mode) -> str:
        open_ = [attack for (where, attack), stops in tried.items() if where == mode and not stops]
        closed = [attack for attack in open_ if measured.get((mode, attack))]
        return f"{len(closed)} of {len(open_)}" if open_ and any(where == mode for where, _ in measured) else ""

    return (
        _line("attacks stopped, of those tried", map(stopped, modes), files[0]),
        _line("of the others, stopped by a counter-measure that was tried", map(helped, modes), files[1]),
    )


def _costs(rows: Sequence[Row], modes: Sequence[Mode]) -> tuple[Line | None, ...]:
    """What was measured."""
    lines = []
    for name, (asked, shown) in FIGURES.items():
        values = {row.mode: row.figures[name] for row in rows if name in row.figures}
        usual = next((values[mode] for mode in modes if mode in values), 0.0)
        answers = [shown(values[mode], usual) if mode in values else "" for mode in modes]
        lines.append(_line(asked, answers, {_file(row): None for row in rows if name in row.figures}))
    return tuple(lines)


def _words(rows: Sequence[Row], modes: Sequence[Mode]) -> tuple[Line | None, ...]:
    """What is more difficult, in the words of the scenarios on that."""
    about: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.scenario.startswith(COMPLICATIONS):
            about.setdefault(row.title, {})[row.mode] = row.observed
    return tuple(
        _line(title[0].lower() + title[1:], [said.get(mode, "") for mode in modes], {_file_of(COMPLICATIONS): None})
        for title, said in about.items()
    )


def _line(asked: str, answers: Iterable[str], files: Mapping[str, None]) -> Line | None:
    answers = tuple(answers)
    return Line(asked, answers, tuple(files)) if any(answers) else None


def _file(row: Row) -> str:
    return _file_of(row.scenario)


def _file_of(scenario: str) -> str:
    return scenario.removeprefix(FOLDER).partition("::")[0]
