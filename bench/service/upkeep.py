"""What running the service costs: its memory over many questions, a reset, a ban until it is felt."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from bench.service import throughput
from bench.service.generator import Generator
from testbed.lab.control import Control, Line
from testbed.lab.wait import eventually
from testbed.lab.world import LeasedWorld
from testbed.model.problem import Problem

CALLERS = 12
FRESH = 5
"""One question of so many has a connection of its own."""
DURING = 1000
"""Questions while somebody is banned."""
MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Memory:
    """The service's resident memory in bytes."""

    warmed: int
    """Questions before the first look: its decision log is full by then, and grows no more."""
    questions: int
    """Between both looks."""
    before: int
    after: int
    bad: int
    """Questions that were not answered, or not rightly."""

    @property
    def growth(self) -> float:
        """Megabytes."""
        return (self.after - self.before) / MEGABYTE


def memory(world: LeasedWorld, generator: Generator, warming: int, questions: int) -> Memory:
    """Four of five questions come over kept connections, the fifth over a new one."""
    world.authorities[0].control.lifetimes(pepd=0)
    generator.plan(throughput.questions(world, "argus"))

    def ask(count: int) -> int:
        fresh = max(CALLERS, count // FRESH)
        runs = [(fresh, False), (max(CALLERS, count - fresh), True)]
        return sum(generator.ask("memory", 8154, CALLERS, calls, kept=kept).bad for calls, kept in runs)

    bad = ask(warming)
    before = generator.resident()
    bad += ask(questions)
    return Memory(warming, questions, before, generator.resident(), bad)


def resets(world: LeasedWorld, generator: Generator, many: int) -> tuple[float, ...]:
    """Milliseconds of each of so many resets, after some questions: over the control port's kept connection."""
    control = world.authorities[0].control
    generator.plan(throughput.questions(world, "argus"))
    taken = []
    for _ in range(many):
        generator.ask("before a reset", 8154, CALLERS, 10 * CALLERS)
        began = time.perf_counter()
        control.reset()
        taken.append(1000 * (time.perf_counter() - began))
    return tuple(taken)


def ban(world: LeasedWorld, generator: Generator, user: str = "alice") -> float:
    """Milliseconds from the ban of somebody who is asked for all the time, caches cleared at once, to the first Deny.

    By the service's log: both stand in it. A Permit after the first Deny is a `Problem`.
    """
    control = world.authorities[0].control
    control.reset()
    generator.plan(throughput.questions(world, "argus")[:1])
    since = _last(control)
    with ThreadPoolExecutor(1) as asking:
        asked = asking.submit(generator.ask, "ban", 8154, 1, DURING, kept=True)
        if not eventually(lambda: any(line.kind == "decision" for line in control.log(since)), within=10):
            raise Problem("nobody was asked for", where=control.name)
        control.ban("subject", world.grid.bearer(user).dn)
        control.clear_caches()
        asked.result()
    return until_refused(control.log(since))


def until_refused(log: Sequence[Line]) -> float:
    """Milliseconds between the lines of the ban and of the first Deny."""
    banned = next(line for line in log if line.text("event") == "ban")
    decisions = [line for line in log if line.kind == "decision" and line.number > banned.number]
    denied = next((line for line in decisions if line.text("decision") == "Deny"), None)
    if denied is None or any(line.text("decision") == "Permit" for line in decisions if line.number > denied.number):
        raise Problem(
            "a ban does not hold", found=f"{len(decisions)} decisions after it", expected="Deny, and no other"
        )
    at, banned_at = (datetime.fromisoformat(line.text("time")) for line in (denied, banned))
    return (at - banned_at).total_seconds() * 1000


def _last(control: Control) -> int:
    log = control.log()
    return log[-1].number if log else 0
