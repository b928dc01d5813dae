"""The rows that somebody has to look at, told in the same words by every report."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from testbed.model.row import Row, Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """One row to look at, and the others that stopped for the very same reason."""

    row: Row
    likewise: tuple[Row, ...] = ()

    def lines(self, evidence: str) -> list[tuple[str, str]]:
        """What there is to say, as name and value; ``evidence`` is where the evidence lies, as the reader sees it."""
        row = self.row
        said = [
            ("expected", row.expected),
            ("observed", row.observed),
            ("reason", row.reason),
            ("rule", row.rule),
            ("likewise", ", ".join(other.cell for other in self.likewise)),
            ("evidence", evidence),
            ("do next", f"testbed explain {shlex.quote(row.cell)}" if row.rule else f"look into {row.scenario}"),
        ]
        return [(name, text) for name, text in said if text]


def findings(rows: Iterable[Row]) -> list[Finding]:
    """Deviations, and known ones that are gone, each for itself; then what was blocked or unsure, once a reason."""
    alone: list[Finding] = []
    grouped: dict[tuple[Verdict, str], list[Row]] = {}
    for row in rows:
        match row.verdict:
            case Verdict.DEVIATES | Verdict.CLOSED:
                alone.append(Finding(row))
            case Verdict.BLOCKED | Verdict.UNSURE:
                key = row.reason or f"{row.scenario} {row.cell}"
                grouped.setdefault((row.verdict, key), []).append(row)
    return alone + [Finding(first, tuple(rest)) for first, *rest in grouped.values()]


def explained(rows: Sequence[Row], verdict: Verdict) -> list[tuple[str, int]]:
    """Why cells have no meaning here, or are known to differ: each reason once, with the number of its cells."""
    reasons = [row.reason for row in rows if row.verdict is verdict]
    return [(reason, reasons.count(reason)) for reason in dict.fromkeys(reasons)]
