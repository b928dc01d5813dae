"""The whole way of a client with one payload, from its start to its last word."""

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from testbed.model.answers import Answers
from testbed.model.condition import Situation
from testbed.model.failure import Canary, canary_of
from testbed.model.seen import Seen
from testbed.pilot.profiles.decide import decide
from testbed.pilot.profiles.profile import Profile, Stage
from testbed.pilot.profiles.sight import Sight
from testbed.pilot.profiles.step import Moment, Next, Step
from testbed.pilot.profiles.weather import Weather

LONGEST = 50
"""Decisions; a profile that takes more goes round in circles."""


class Calls(Protocol):
    """What a client's calls come to: made for real, or told by the weather."""

    @property
    def found(self) -> bool:
        """Whether there is a glexec."""
        ...

    def call(self, stage: Stage) -> Seen: ...

    def canary(self) -> Seen:
        """A harmless call with the pilot's own credential."""
        ...

    def mend(self) -> None:
        """Put right what the client itself did wrong, as far as that can be."""
        ...


def walk(profile: Profile, weather: Weather, answers: Answers, situation: Situation | None = None) -> tuple[Next, ...]:
    """Every decision, the last of which ends it; nothing is called, the weather says what would have come of it."""
    steps = tuple(step for step, _ in course(profile, weather, answers, situation or Situation()))
    assert steps[-1].ends, f"{profile.name} does not come to an end"
    return steps


def course(profile: Profile, calls: Calls, answers: Answers, situation: Situation) -> Iterator[tuple[Next, Sight]]:
    """Every decision with what it was made on. A call is made when the decision after it is asked for."""
    sight = Sight(Moment.START, situation=situation)
    step = decide(profile, sight, answers)
    yield step, sight
    if not step.ends and not calls.found:
        sight = Sight(Moment.MISSING, situation=situation)
        yield decide(profile, sight, answers), sight
        return
    tries: Counter[Moment] = Counter()
    call: Seen | None = None
    for _ in range(LONGEST):
        if step.ends:
            return
        assert step.moment is not None, f"{step.step} without what comes next"
        stage = profile.stage(step.moment)
        assert stage is not None, f"{profile.name} makes no call {step.moment}"
        canary: Canary | None = None
        if step.step is Step.CANARY:
            canary = canary_of(calls.canary())
        else:
            if step.step is Step.REPAIR:
                calls.mend()
            call = calls.call(stage)
            tries[step.moment] += 1
        sight = Sight(step.moment, call, tries[step.moment], canary, situation)
        step = decide(profile, sight, answers)
        yield step, sight
