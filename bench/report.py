"""What was measured, as a table for people and as JSON for programs."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bench.goals import Goal
from bench.load import Load
from bench.race import Race
from bench.speed import Series

SHOWN = 5
"""How many of what went wrong are shown."""


def table(series: Mapping[str, Series], load: Load, races: Sequence[Race], goals: Sequence[Goal]) -> Iterator[str]:
    """The lines to be printed."""
    rounds = max(len(one.times) for one in series.values())
    yield f"\n{f'one call, {rounds} rounds by turns':<38} {'median':>8} {'p95':>8}  ms"
    for one in series.values():
        yield f"{one.name:<38} {one.median:8.1f} {one.p95:8.1f}  {one.what}"
    yield f"\n{load.callers} callers at once for {load.seconds:g} s: {load.calls} calls, {load.rate:.0f} a second"
    yield f"  p50 {load.p50:.0f}, p95 {load.p95:.0f}, longest {load.longest:.0f} ms"
    yield f"  errors by exit code: {_codes(load.codes)}"
    yield from _first("wrong identity", load.wrong)
    yield from _first("lost record", load.lost)
    yield f"\n{races[0].newcomers} newcomers at once, {races[0].rounds} times"
    for race in races:
        yield (
            f"  {race.how + ':':<14} {race.failed} of {race.asked} failed; by exit code: {_codes(race.codes)}; "
            f"{race.shared} share an account"
        )
    yield from judged(goals)


def judged(goals: Sequence[Goal]) -> Iterator[str]:
    """Every goal in a line."""
    yield f"\n{'goal':<16} {'':<36} {'found':>8} {'allowed':>8}"
    for goal in goals:
        found, allowed = (
            f"{value:.1f} {goal.unit}" if goal.unit else f"{value:g}" for value in (goal.found, goal.allowed)
        )
        yield f"{goal.name:<16} {goal.says:<36} {found:>8} {allowed:>8}  {'met' if goal.met else 'MISSED'}"


def data(series: Mapping[str, Series], load: Load, races: Sequence[Race], goals: Sequence[Goal]) -> dict[str, object]:
    """Everything, each single time included."""
    return {
        "speed": [
            {**dataclasses.asdict(one), "median": one.median, "p95": one.p95, "noise": one.noise}
            for one in series.values()
        ],
        "load": dataclasses.asdict(load),
        "race": [dataclasses.asdict(race) for race in races],
        "goals": [{**dataclasses.asdict(goal), "met": goal.met} for goal in goals],
    }


def _codes(codes: Mapping[str, int]) -> str:
    return ", ".join(f"{code}: {number}" for code, number in sorted(codes.items())) or "none"


def _first(what: str, sentences: Iterable[str]) -> Iterator[str]:
    told = list(sentences)
    yield from (f"  {what}: {sentence}" for sentence in told[:SHOWN])
    if len(told) > SHOWN:
        yield f"  {what}: {len(told) - SHOWN} more"
