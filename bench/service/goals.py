"""What the authorization service is to keep, each goal held against what was measured."""

from collections.abc import Mapping, Sequence

from bench.goals import Goal
from bench.service.asked import Asked
from bench.service.rush import Calls
from bench.service.throughput import PUBLISHED
from bench.service.upkeep import Memory
from bench.service.whole import ALLOWANCE
from bench.speed import Series, percentile

ARGUS_RATE, ARGUS_MEAN = 43.0, 274.0
"""Decisions a second and milliseconds of each, 12 clients, Argus 1.4 on two cores (its own performance page)."""
TIMES = 10
"""How often this service decides in the time of one of those decisions."""
BUSY = 80.0
"""Per cent of its processor that the generator may need: with more it would be what is measured.

A goal for the rows that other goals rest on; the others are marked."""
GROWTH = 5.0
"""Megabytes over all questions."""
RESET = 20.0
"""Milliseconds."""


def of_decisions(asked: Sequence[Asked]) -> list[Goal]:
    """Argus' face, a connection for each question, as many clients as Argus was measured with."""
    this = next(one for one in asked if (one.what, one.callers, one.kept) == ("argus", PUBLISHED, False))
    limit = 1000 / (TIMES * ARGUS_RATE)
    return [
        Goal(
            "decisions", f"1/{TIMES} of Argus 1.4's time for each", 1000 / this.rate if this.rate else 1e9, limit, "ms"
        ),
        Goal("answer time", f"p95 of {PUBLISHED} callers <= its mean", this.p95, ARGUS_MEAN, "ms"),
        Goal(
            "generator",
            f"busy at most, {PUBLISHED} callers",
            max(100 * one.generating for one in asked if one.callers == PUBLISHED),
            BUSY,
            "%",
        ),
        Goal("decided right", f"other ones of {sum(one.calls for one in asked)}", sum(one.bad for one in asked), 0, ""),
    ]


def of_whole(series: Mapping[str, Series]) -> list[Goal]:
    """Medians of whole calls."""
    extra = series["argus: glexec"].median - series["gridmap: glexec"].median
    return [Goal("c_pep", "glexec - glexec with gridmap", extra, ALLOWANCE, "ms")]


def of_rush(light: Asked, real: Calls) -> list[Goal]:
    """All answered, none wrong."""
    return [
        Goal("all answered", f"others of {light.calls} callers", light.bad - light.wrong, 0, ""),
        Goal("own accounts", f"wrong ones of {light.calls} answers", light.wrong, 0, ""),
        Goal("all switched", f"others of {real.calls} calls of glexec", real.calls - real.good, 0, ""),
        Goal("identities", f"wrong ones of {real.calls} calls", len(real.wrong), 0, ""),
    ]


def of_upkeep(memory: Memory, resets: Sequence[float]) -> list[Goal]:
    """Flat memory, quick resets."""
    return [
        Goal("memory", f"growth over {memory.questions} questions", memory.growth, GROWTH, "MB"),
        Goal("reset", f"p95 of {len(resets)}", percentile(resets, 95), RESET, "ms"),
    ]
