"""Two runs compared: what changed its verdict or its protection, what appeared, what vanished."""

from collections.abc import Iterable
from dataclasses import dataclass

from testbed.model.row import Row
from testbed.report.matrix import CONFORMANCE, PROTECTION
from testbed.report.text import one_line


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that both runs judged, differently."""

    old: Row
    new: Row

    def __str__(self) -> str:
        return f"{_name(self.new)}: {_marks(self.old)} -> {_marks(self.new)}"


@dataclass(frozen=True, slots=True)
class Difference:
    """What two runs differ in. Times and the wording of observations do not count."""

    changed: tuple[Change, ...]
    appeared: tuple[Row, ...]
    vanished: tuple[Row, ...]

    @property
    def exit_code(self) -> int:
        """0 when the runs say the same, 1 when they differ."""
        return 1 if self.changed or self.appeared or self.vanished else 0

    def __str__(self) -> str:
        parts = [
            _part("changed", [str(change) for change in self.changed]),
            _part("appeared", [f"{_name(row)}: {_marks(row)}" for row in self.appeared]),
            _part("vanished", [f"{_name(row)}: was {_marks(row)}" for row in self.vanished]),
        ]
        counts = f"{len(self.changed)} changed, {len(self.appeared)} appeared, {len(self.vanished)} vanished"
        return "\n\n".join([*filter(None, parts), counts if self.exit_code else "both runs say the same"])


def diff(old: Iterable[Row], new: Iterable[Row]) -> Difference:
    """The difference of two runs, in the order of the new one; a row is known by its scenario and its cell."""
    before = {(row.scenario, row.cell): row for row in old}
    after = {(row.scenario, row.cell): row for row in new}
    return Difference(
        changed=tuple(
            Change(before[key], row)
            for key, row in after.items()
            if key in before and (before[key].verdict, before[key].protects) != (row.verdict, row.protects)
        ),
        appeared=tuple(row for key, row in after.items() if key not in before),
        vanished=tuple(row for key, row in before.items() if key not in after),
    )


def _part(heading: str, lines: list[str]) -> str:
    return "\n".join([heading, *(f"  {line}" for line in lines)]) if lines else ""


def _name(row: Row) -> str:
    return f"{one_line(row.cell)} ({one_line(row.title)})"


def _marks(row: Row) -> str:
    conformance = CONFORMANCE[row.verdict].word
    return conformance if row.protects is None else f"{conformance} {PROTECTION[row.protects].word}"
