"""The ledger of known differences: which switch is known to deviate in which cells, and why."""

import ast
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.model.problem import Problem, nearest
from testbed.model.row import Row, Verdict
from testbed.site import toml
from testbed.site.reader import Table
from testbed.site.switch import REFERENCE

_KEYS = ("switch", "scenario", "cells", "reason")
SCENARIOS = "scenarios"
"""The folder that the ledger names scenarios relative to, at the top of the repository."""


@dataclass(frozen=True, slots=True)
class Known:
    """One entry: ``contract/test_payload.py::test_root_is_gone_for_good`` is known to deviate in these cells."""

    switch: str
    scenario: str
    cells: tuple[str, ...]
    reason: str
    place: str
    """File and line, for messages."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries, of every switch."""

    entries: tuple[Known, ...] = ()

    def entry(self, switch: str, row: Row) -> Known | None:
        """What is known of a row of this switch."""
        scenario = row.scenario.removeprefix(f"{SCENARIOS}/")
        of_scenario = (entry for entry in self.entries if (entry.switch, entry.scenario) == (switch, scenario))
        return next((entry for entry in of_scenario if row.cell in entry.cells), None)

    def judged(self, switch: str, row: Row) -> Row:
        """A row in the light of what is known: a known deviation is none, and one that is gone has to leave the ledger.

        Of cells that were not judged (blocked, unsure, not applicable) the ledger says nothing.
        """
        entry = self.entry(switch, row)
        if entry and row.verdict is Verdict.DEVIATES:
            observed = row.observed or row.reason
            return dataclasses.replace(row, verdict=Verdict.KNOWN, observed=observed, reason=entry.reason)
        if entry and row.verdict is Verdict.CONFORMS:
            reason = f"known to differ ({entry.reason}), and does not any more: take it out of {entry.place}"
            return dataclasses.replace(row, verdict=Verdict.CLOSED, reason=reason)
        return row


def read(path: Path) -> Ledger:
    """The ledger in a TOML file; a mistake is a `Problem` with file, line and key."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Problem("the ledger of known differences cannot be read", where=str(path), cause=str(error)) from None
    document = toml.parse(content, str(path))
    top = Table(document, (), ("difference",))
    if "difference" not in top:
        return Ledger()
    entries: list[Known] = []
    for table in top.tables("difference", _KEYS):
        entry = _entry(table)
        for cell in entry.cells:
            if earlier := _same(entries, entry, cell):
                raise table.problem("cells", "names a cell for the second time", found=f"{cell}, as {earlier.place}")
        entries.append(entry)
    return Ledger(tuple(entries))


def check(ledger: Ledger, root: Path, cells: Mapping[str, Iterable[str]], *, whole: bool) -> None:
    """Stop at an entry that names a scenario or a cell that does not exist.

    ``cells`` holds the cells of each scenario that pytest has collected, ``whole`` says whether those are all that
    the scenario has. Scenarios that were not collected are looked for in their files, below ``root``.
    """
    for entry in ledger.entries:
        known = list(cells.get(entry.scenario, ()))
        if not known:
            _find(entry, root / SCENARIOS)
        for cell in entry.cells if known and whole else ():
            if cell not in known:
                near = nearest(cell, known)
                raise Problem(
                    "the ledger names a cell that the scenario does not have",
                    where=entry.place,
                    found=f"{cell} of {entry.scenario}",
                    expected="one of " + ", ".join(known),
                    remedy=f"did you mean {near!r}?" if near else "take it out",
                )


def _entry(table: Table) -> Known:
    switch = table.word("switch")
    if switch == REFERENCE:
        raise table.problem(
            "switch",
            "names the testbed's own, of which no difference is accepted",
            remedy="mend the switch, or the scenario",
        )
    cells = tuple(table.word("cells").split())
    reason = table.word("reason").strip()
    if not cells or not reason:
        key = "reason" if cells else "cells"
        raise table.problem(key, "is blank", expected="words in quotes")
    scenario = table.word("scenario")
    if "::" not in scenario:
        raise table.problem(
            "scenario", "names no scenario", found=repr(scenario), expected="FOLDER/FILE.py::test_NAME, below scenarios"
        )
    return Known(switch, scenario, cells, reason, table.where("scenario").partition(",")[0])


def _same(entries: Sequence[Known], entry: Known, cell: str) -> Known | None:
    if entry.cells.count(cell) > 1:
        return entry
    alike = (other for other in entries if (other.switch, other.scenario) == (entry.switch, entry.scenario))
    return next((other for other in alike if cell in other.cells), None)


def _find(entry: Known, scenarios: Path) -> None:
    """The scenario of an entry in its file, as text: nothing is run."""
    file, _, name = entry.scenario.partition("::")
    path = scenarios / file
    files = [str(each.relative_to(scenarios)) for each in sorted(scenarios.glob("*/test_*.py"))]
    if file not in files:
        near = nearest(file, files)
        raise _unknown(entry, f"no file {path}", near and f"{near}::{name}")
    names = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    if name not in names:
        near = nearest(name, [each for each in names if each.startswith("test_")])
        raise _unknown(entry, f"{name} is not in {file}", near and f"{file}::{near}")


def _unknown(entry: Known, found: str, near: str) -> Problem:
    return Problem(
        "the ledger names a scenario that does not exist",
        where=entry.place,
        found=found,
        remedy=f"did you mean {near!r}?" if near else "take it out",
    )
