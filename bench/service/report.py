"""What was measured of the service, as a table for people and as JSON for programs."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.goals import Goal
from bench.report import judged
from bench.service.asked import Asked
from bench.service.goals import ARGUS_MEAN, ARGUS_RATE, BUSY
from bench.service.rush import Calls
from bench.service.upkeep import MEGABYTE, Memory
from bench.speed import Series, percentile


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was measured."""

    asked: Sequence[Asked]
    series: Mapping[str, Series]
    light: Asked
    real: Calls
    memory: Memory
    resets: Sequence[float]
    ban: float
    """Milliseconds from a ban to its first refusal."""


def table(found: Found, goals: Sequence[Goal]) -> Iterator[str]:
    """The lines to be printed."""
    heads = ("a second", "p50", "p95", "ms  service", "ms callers")
    yield "\n" + "decisions on one processor".ljust(38) + "".join(f" {head:>{max(8, len(head))}}" for head in heads)
    for one in found.asked:
        how = "kept" if one.kept else "new connections"
        what = f"{one.what}, {one.callers} callers, {how}"
        busy = 100 * one.generating
        theirs = " *" if busy > BUSY else ""
        yield f"{what:<38} {one.rate:8.0f} {one.p50:8.1f} {one.p95:8.1f} {one.service:11.2f} {busy:8.0f} %{theirs}"
    if any(100 * one.generating > BUSY for one in found.asked):
        yield f"  * the callers needed more than {BUSY:g} % of their processor: that row is theirs, not the service's"
    yield f"  for scale: Argus 1.4 published {ARGUS_RATE:g} a second, mean {ARGUS_MEAN:g} ms, 12 clients"
    rounds = max(len(one.times) for one in found.series.values())
    yield f"\n{f'one call, {rounds} rounds by turns':<38} {'median':>8} {'p95':>8}  ms"
    for series in found.series.values():
        yield f"{series.name:<38} {series.median:8.1f} {series.p95:8.1f}  {series.what}"
    light, real, memory = found.light, found.real, found.memory
    yield f"\n{light.callers} callers within a second, each for somebody new: {_outcomes(light)}"
    yield f"  all of it {light.seconds:.1f} s; p50 {light.p50:.0f}, p95 {light.p95:.0f} ms"
    yield f"{real.calls} switches at once: {real.good} ran their payload; p50 {real.p50:.0f}, p95 {real.p95:.0f} ms"
    yield from (f"  wrong identity: {sentence}" for sentence in real.wrong[:5])
    yield (
        f"memory: {memory.before / MEGABYTE:.1f} MB after {memory.warmed} questions, "
        f"{memory.after / MEGABYTE:.1f} MB after {memory.questions} more; {memory.bad} not answered rightly"
    )
    yield f"reset: p50 {percentile(found.resets, 50):.1f}, p95 {percentile(found.resets, 95):.1f} ms"
    yield f"ban to first refusal, caches cleared: {found.ban:.0f} ms"
    yield from judged(goals)


def data(found: Found, goals: Sequence[Goal]) -> dict[str, object]:
    """Everything, each single time included."""
    told = dataclasses.asdict(found)
    told["series"] = list(told["series"].values())
    return {**told, "goals": [{**dataclasses.asdict(goal), "met": goal.met} for goal in goals]}


def _outcomes(asked: Asked) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(asked.outcomes.items()))
