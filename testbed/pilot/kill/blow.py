"""The blow, what is set right after it, and what can be seen then."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.lab.wait import eventually
from testbed.model.death import Step, Victim
from testbed.pilot.history import Change
from testbed.pilot.kill.approach import Scene, Way
from testbed.pilot.kill.ground import Ground, Leftovers
from testbed.pilot.payload import State

SOON = 45.0
"""Seconds within which the queue has to know, at the worst: the time to start, and what it adds to that."""
STOPPED = (Step.STARTED, Step.ENDED, Step.CLEANING)
"""The steps at which the pilot job is stopped."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of the payload until the queue knew."""

    state: State
    lines: tuple[str, ...]
    """Its history since the blow."""
    ran: int
    """How often it had begun."""
    left: Leftovers
    seconds: float
    """From the blow until the queue knew."""


@dataclass(frozen=True, slots=True)
class End:
    """What became of it in the end, the second pilot included."""

    state: State
    ran: int
    history: Sequence[Change]

    @property
    def doubted(self) -> bool:
        """Whether the record says that it may have run before."""
        return any("it may have run" in change.why for change in self.history)


def struck(way: Way, victim: Victim, step: Step) -> tuple[Seen, End]:
    """Kill somebody at a step; what was seen then, and what came of it once a second pilot was sent."""
    ground = way.ground
    with way.reached(step, victim) as scene:
        known = len(ground.vo.history(scene.payload)[2])
        ran = ground.began() if victim is Victim.NODE else 0
        began = time.monotonic()
        _kill(ground, victim, step, scene)
        state, lines = _known(ground, scene, known)
        seconds = time.monotonic() - began
        if victim is Victim.NODE:
            ground.world.replace_node()
            ground.prepare()
        seen = Seen(state, lines, ran + ground.began(), _settled(ground), seconds)
    if victim is Victim.AUTHORITY:
        for host in ground.world.authorities:
            host.begin_again()
    return seen, _second(ground, scene, ran)


def _kill(ground: Ground, victim: Victim, step: Step, scene: Scene) -> None:
    match victim:
        case Victim.AGENT:
            ground.strike(f"agent={scene.pilot}", "kill")
            with contextlib.suppress(Exception):
                if step not in STOPPED and step is not Step.SENT:
                    scene.release()
        case Victim.SWITCH:
            ground.strike(f"switch={scene.pilot}", "kill")
            scene.release()
        case Victim.NODE:
            ground.world.kill_node()
        case Victim.AUTHORITY:
            for host in ground.world.authorities:
                host.kill()
            scene.release()
        case Victim.QUEUE:
            ground.spare.kill()
            if step not in (*STOPPED, Step.SENT):
                ground.strike(f"gone={scene.pilot}")
            ground.spare.begin()
            scene.release()


def _known(ground: Ground, scene: Scene, known: int) -> tuple[State, tuple[str, ...]]:
    """How the payload stands once it is in nobody's hands, and the new lines of its history."""

    def look() -> tuple[State, Sequence[Change]] | None:
        _, report, history = ground.vo.history(scene.payload)
        idle = report.state.final or report.state is State.QUEUED
        over = idle and ground.vo.wait_for_pilot(scene.pilot, limit=0.001).ended
        return (report.state, history) if over else None

    found = eventually(look, within=SOON, every=0.05)
    if found is None:
        _, report, history = ground.vo.history(scene.payload)
        found = (report.state, history)
    return found[0], tuple(f"{change.state} {change.why}" for change in found[1][known:])


def _settled(ground: Ground) -> Leftovers:
    """What is left once nothing changes any more: two looks that agree."""
    looks = [ground.leftovers()]

    def same() -> bool:
        looks.append(ground.leftovers())
        return looks[-1] == looks[-2]

    eventually(same, within=5, every=0.3)
    return looks[-1]


def _second(ground: Ground, scene: Scene, before: int) -> End:
    """Let whatever runs end, and send another pilot where the queue has the payload again."""
    for word in ("open", "go", "rest"):
        ground.mark(word)
    if ground.vo.history(scene.payload)[1].state is State.QUEUED:
        pilot = ground.send()
        ground.vo.end_of(scene.payload, pilot, limit=SOON)
    _, report, history = ground.vo.history(scene.payload)
    return End(report.state, before + ground.began(), history)
