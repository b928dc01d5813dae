"""What was measured of virtual machines, as a table for people and as JSON for programs."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.goals import Goal
from bench.machines.found import Found, Together
from bench.speed import percentile


def table(found: Found, goals: Sequence[Goal]) -> Iterator[str]:
    """The lines to be printed."""
    yield f"\n{f'one machine at a time, {found.accelerator}':<38} {'starts':>8} {'median':>8} {'p95':>8}  s"
    yield _series("restored: goes on from a saved state", found.restored)
    yield _series("booted: --cold", found.booted)
    yield f"{'the first: booted, saved, restored':<38} {1:8} {found.first:8.2f}"
    yield f"\n{'memory of one machine':<38} {'RSS':>8} {'PSS':>8} {'its own':>8}  MiB, QEMU and launcher"
    yield _memory("alone", found.alone)
    yield _memory(f"{len(found.together.memory)} at once, each", found.together)
    yield f"\n{len(found.together.seconds)} at once: the last payload started after {max(found.together.seconds):.2f} s"
    yield from (f"  not up: {line[:200]}" for line in found.together.complaints)
    yield f"\n{'goal':<16} {'':<38} {'found':>8} {'allowed':>8}"
    for goal in goals:
        figures = (f"{value:.2f} {goal.unit}" if goal.unit else f"{value:g}" for value in (goal.found, goal.allowed))
        one, allowed = figures
        yield f"{goal.name:<16} {goal.says:<38} {one:>8} {allowed:>8}  {'met' if goal.met else 'MISSED'}"


def data(found: Found, goals: Sequence[Goal]) -> Mapping[str, Any]:
    """Everything, each single time included."""
    return {
        "found": dataclasses.asdict(found),
        "goals": [{**dataclasses.asdict(goal), "met": goal.met} for goal in goals],
    }


def _series(name: str, times: Sequence[float]) -> str:
    return f"{name:<38} {len(times):8} {percentile(times, 50):8.2f} {percentile(times, 95):8.2f}"


def _memory(name: str, machines: Together) -> str:
    kinds = (machines.mebibytes(kind) for kind in ("Rss", "Pss", "Private_Dirty"))
    return f"{name:<38} " + " ".join(f"{value:8.1f}" for value in kinds)
