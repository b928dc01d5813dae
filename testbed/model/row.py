"""One line of the matrix: what was documented, what was observed, and where the evidence lies."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How an observation stands to its documentation."""

    CONFORMS = "conforms"
    DEVIATES = "deviates"
    KNOWN = "known difference"
    """It deviates, and the ledger of known differences says why: neither a pass nor a failure."""
    CLOSED = "closed difference"
    """It conforms although the ledger says that it deviates: the entry has to go."""
    NOT_APPLICABLE = "not applicable"
    BLOCKED = "blocked"
    """Infrastructure failed; never a pass."""
    UNSURE = "unsure"
    """The fault was not felt, or the observation wavered."""


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of one scenario, judged. Written as one JSON object a line to ``results.jsonl``."""

    scenario: str
    """Where it is declared: ``scenarios/separation/test_theft.py::test_...``."""
    title: str
    """The scenario's sentence: its name in words."""
    cell: str
    """The cell's id, or a free one where a scenario has no mode; unique within a scenario."""
    mode: str
    """The mode, or empty."""
    verdict: Verdict
    expected: str = ""
    observed: str = ""
    protects: bool | None = None
    """Whether users were protected; ``None`` where the scenario does not ask that."""
    reason: str = ""
    """Why it is not applicable, blocked or unsure; what differs where it deviates; what the ledger says of that."""
    rule: str = ""
    """The oracle's rule that decided, with its source."""
    seconds: float = 0.0
    evidence: str = ""
    """The folder of logs and files, relative to the results folder."""
    shows: tuple[str, ...] = ()
    """The requirements of the policy on multi-user pilots that it shows: ``R6``."""
    took: float | None = None
    """Seconds of the pilot that came nearest to its bound; ``None`` where none was sent."""
    bound: float | None = None
    """Seconds that it may have taken: `testbed.model.bound`."""
    saw: str = ""
    """What an attack saw, in its own words; the kernel's settings are in ``raid.json`` of its evidence."""

    figures: Mapping[str, float] = field(default_factory=dict)
    """What was measured, by what it is called: see `testbed.report.comparison`."""

    def json(self) -> str:
        """The row as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def parse(cls, line: str) -> "Row":
        """The row of one line of JSON."""
        fields = json.loads(line)
        fields["verdict"] = Verdict(fields["verdict"])
        fields["shows"] = tuple(fields.get("shows", ()))
        return cls(**fields)


def exit_code(rows: list[Row]) -> int:
    """0 when all conforms or is known to differ; 2 when something was blocked, or nothing was judged.

    Else 1: something deviates or wavers, or is not different any more although the ledger says so.
    """
    verdicts = {row.verdict for row in rows}
    if Verdict.BLOCKED in verdicts or not verdicts - {Verdict.NOT_APPLICABLE}:
        return 2
    return 1 if verdicts & {Verdict.DEVIATES, Verdict.UNSURE, Verdict.CLOSED} else 0
