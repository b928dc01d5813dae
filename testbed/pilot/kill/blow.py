"""The blow, what is set right after it, and what can be seen then."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from testbed.lab.wait import eventually
from testbed.model.death import Left, Step, Victim
from testbed.model.mode import Mode
from testbed.pilot.history import Change
from testbed.pilot.kill.approach import Scene, Way
from testbed.pilot.kill.ground import Ground
from testbed.pilot.payload import State

SOON = 60.0
"""Seconds within which the queue has to know, at the worst: the time to start, and what it adds to that."""
STOPPED = (Step.STARTED, Step.ENDED, Step.CLEANING)
"""The steps at which the pilot job is stopped."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of the payload until the queue knew."""

    state: str
    ran: int
    """How often it had begun."""
    doubt: bool
    """Whether its history says that it may have run."""
    left: Left
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
        return _doubted(self.history)


def struck(
    way: Way,
    victim: Victim,
    step: Step,
    then: Callable[[Ground], None] = lambda ground: None,
    expected: Left | None = None,
) -> tuple[Seen, End]:
    """Kill somebody at a step; what was seen then, and what came of it once a second pilot was sent, where one can be.

    ``then`` is done in between, before the payload has a word to end; what is ``expected`` to be left is waited for.
    """
    ground = way.ground
    with way.reached(step, victim) as scene:
        known = len(ground.vo.history(scene.payload)[2])
        ran = ground.began(scene.payload) if victim is Victim.NODE and ground.mode is not Mode.VM else 0
        struck_at = time.monotonic()
        _kill(ground, victim, step, scene)
        state, history = _known(ground, scene)
        seconds = time.monotonic() - struck_at
        if victim is Victim.NODE:
            ground.world.replace_node()
            ground.prepare()
        began = ran + ground.began(scene.payload)
        seen = Seen(str(state), began, _doubted(history[known:]), _settled(ground, expected), seconds)
    then(ground)
    if victim is Victim.AUTHORITY:
        for host in ground.world.authorities:
            host.begin_again()
    return seen, _second(ground, scene, ran)


def _kill(ground: Ground, victim: Victim, step: Step, scene: Scene) -> None:
    """The blow; and whoever was held for it goes on, where somebody is left."""
    match victim:
        case Victim.AGENT:
            ground.strike(f"agent={scene.pilot}", "kill")
            if step in (Step.TAKEN, Step.DECIDING, Step.BOOTING):
                scene.release()
        case Victim.FRONT | Victim.KEEPER:
            ground.strike(f"{victim}={scene.pilot}", "kill")
            if step is not Step.CLEANING or victim is Victim.FRONT:
                scene.release()
        case Victim.MACHINE:
            ground.strike(f"machine={scene.pilot}", "kill")
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
                ground.strike(f"gone={scene.pilot}", limit=SOON)
            ground.spare.begin()
            scene.release()


def _known(ground: Ground, scene: Scene) -> tuple[State, Sequence[Change]]:
    """How the payload stands once it is in nobody's hands, or at the latest after a while, and its history."""

    def idle() -> bool:
        state = ground.vo.history(scene.payload)[1].state
        over = state.final or state is State.QUEUED
        return over and ground.vo.wait_for_pilot(scene.pilot, limit=0.001).ended

    eventually(idle, within=SOON, every=0.05)
    _, report, history = ground.vo.history(scene.payload)
    return report.state, history


def _doubted(history: Sequence[Change]) -> bool:
    return any("it may have run" in change.why for change in history)


def _settled(ground: Ground, expected: Left | None) -> Left:
    """What is left once nothing changes any more: two looks that agree, with what is expected if that comes about."""
    looks = [ground.left()]

    def same() -> bool:
        looks.append(ground.left())
        return looks[-1] == looks[-2] and expected in (None, looks[-1])

    eventually(same, within=ground.limit / 4, every=0.3)
    return looks[-1]


def _second(ground: Ground, scene: Scene, before: int) -> End:
    """Let whatever runs end, and send another pilot where the queue has the payload again."""
    for word in ("open", "go", "rest"):
        ground.mark(word)
    if ground.vo.history(scene.payload)[1].state is State.QUEUED:
        if ground.mode is Mode.VM:  # no word would let it end
            ground.vo.stop(scene.payload)
        else:
            pilot = ground.send()
            ground.vo.end_of(scene.payload, pilot, limit=SOON)
    _, report, history = ground.vo.history(scene.payload)
    return End(report.state, before + ground.began(scene.payload), history)
