"""What came of many questions, as the load generator tells it."""

import collections
import statistics
import struct
from dataclasses import dataclass

from bench.speed import percentile

OUTCOMES = ("right", "no connection", "no TLS", "no answer", "wrong status", "wrong answer")
"""As bench/worker-node/load/ask.h numbers them."""
_ROW = struct.Struct("=iiqq")
SECOND = 1e9
MILLISECOND = 1e6


@dataclass(frozen=True, slots=True)
class Asked:
    """All questions of one run."""

    what: str
    callers: int
    kept: bool
    """Whether each caller kept its connection."""
    times: tuple[float, ...]
    """Milliseconds of each question that was answered rightly, connecting included where it was needed."""
    outcomes: dict[str, int]
    """How often each one came, the right ones included."""
    seconds: float
    """From the first question to the last answer."""
    generating: float
    """How much of one processor the asking itself took, 0 to 1: near 1 the service was not what was measured."""
    service: float = 0.0
    """Milliseconds of processor time that the service took for each question, where that was looked at."""

    @property
    def calls(self) -> int:
        """All questions."""
        return sum(self.outcomes.values())

    @property
    def bad(self) -> int:
        """Those that were not answered, or not rightly."""
        return self.calls - len(self.times)

    @property
    def wrong(self) -> int:
        """Those that were answered with something else than the asker's own account."""
        return self.outcomes.get("wrong answer", 0)

    @property
    def rate(self) -> float:
        """Right answers a second."""
        return len(self.times) / self.seconds

    @property
    def mean(self) -> float:
        """Milliseconds; none was right: infinitely many."""
        return statistics.fmean(self.times) if self.times else float("inf")

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return percentile(self.times, 50) if self.times else float("inf")

    @property
    def p95(self) -> float:
        """Milliseconds."""
        return percentile(self.times, 95) if self.times else float("inf")


def read(what: str, callers: int, kept: bool, rows: bytes, microseconds: int) -> Asked:
    """From the generator's output, and the time that it says it took itself."""
    told = [(OUTCOMES[outcome], began, ended) for _, outcome, began, ended in _ROW.iter_unpack(rows)]
    seconds = (max(ended for *_, ended in told) - min(began for _, began, _ in told)) / SECOND
    return Asked(
        what,
        callers,
        kept,
        tuple((ended - began) / MILLISECOND for outcome, began, ended in told if outcome == OUTCOMES[0]),
        dict(collections.Counter(outcome for outcome, *_ in told)),
        seconds,
        microseconds / 1e6 / seconds,
    )
