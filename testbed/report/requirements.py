"""Requirements of the policy on multi-user pilots, and the cells of a run that show each of them."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.model.requirement import REQUIREMENTS, Requirement
from testbed.model.row import Row, Verdict
from testbed.report.matrix import CONFORMANCE, Tone

HEADING = ("requirement", "known", "asks that", "cells of this run", "not shown")
TITLE = "Requirements of the policy on multi-user pilots"
CAPTION = (
    "JSPG, Policy on Grid Multi-User Pilot Jobs (2008), in our words and with our numbers. [SRC] a source confirms it, "
    "[MEM] it is from memory. A cell that is as documented shows how a mode stands to the requirement: where users are "
    "exposed, the mode does not keep it."
)
_WORDS = {
    Verdict.CONFORMS: "as documented",
    Verdict.DEVIATES: "deviating",
    Verdict.BLOCKED: "blocked",
    Verdict.UNSURE: "unsure",
    Verdict.KNOWN: "known to differ",
    Verdict.CLOSED: "no longer different",
    Verdict.NOT_APPLICABLE: "not applicable",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One requirement with the rows that show it."""

    requirement: Requirement
    rows: tuple[Row, ...]

    @property
    def tone(self) -> Tone:
        """The worst of its rows; quiet where none was judged."""
        tones = {CONFORMANCE[row.verdict].tone for row in self.rows}
        return next((tone for tone in (Tone.BAD, Tone.DOUBT, Tone.GOOD) if tone in tones), Tone.QUIET)

    @property
    def cells(self) -> str:
        """How many cells show it, and how they stand to their documentation."""
        if not self.rows:
            return "none" if self.requirement.shown_by_scenarios else "none: no scenario shows it"
        counts = Counter(row.verdict for row in self.rows)
        return ", ".join(f"{counts[verdict]} {words}" for verdict, words in _WORDS.items() if counts[verdict])

    @property
    def exposed(self) -> str:
        """In how many of them users are exposed, and in which modes; empty where they are not."""
        exposed = [row for row in self.rows if row.protects is False]
        modes = ", ".join(dict.fromkeys(row.mode or "no mode" for row in exposed))
        return f"users exposed in {len(exposed)} ({modes})" if exposed else ""

    @property
    def both(self) -> str:
        """``cells`` and ``exposed`` in one."""
        return "; ".join(filter(None, (self.cells, self.exposed)))

    @property
    def words(self) -> tuple[str, ...]:
        """One line under `HEADING`."""
        asked = self.requirement
        return (asked.name, asked.known.mark, asked.text, self.both, asked.lacks)

    @property
    def scenarios(self) -> dict[str, list[Row]]:
        """Its rows by the sentences of their scenarios."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.title, []).append(row)
        return found


def shown(rows: Sequence[Row]) -> list[Shown]:
    """All twelve, in their order; nothing where no row shows any."""
    found = [Shown(each, tuple(row for row in rows if each.name in row.shows)) for each in REQUIREMENTS]
    return found if any(each.rows for each in found) else []


def plain(rows: Sequence[Row], width: int) -> str:
    """For a terminal: those that a cell shows, then the others by name; nothing where no row shows any."""
    found = shown(rows)
    if not found:
        return ""
    lines = ["requirements of the policy on multi-user pilots ([SRC] a source confirms it, [MEM] from memory)"]
    for each in found:
        if each.rows:
            said = f"{each.requirement.name:<4}{each.requirement.known.mark} {each.both}: {each.requirement.text}"
            lines += textwrap.wrap(said, width, subsequent_indent=" " * 10, break_on_hyphens=False)
    absent = [each for each in found if not each.rows]
    never = [each.requirement.name for each in absent if not each.requirement.shown_by_scenarios]
    today = [each.requirement.name for each in absent if each.requirement.shown_by_scenarios]
    lines += [f"shown by no cell of this run: {', '.join(today)}"] if today else []
    lines += [f"shown by no scenario at all: {', '.join(never)}"] if never else []
    return "\n".join(lines) + "\n"
