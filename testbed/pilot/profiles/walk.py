"""The whole way of a client with one payload, from its start to its last word."""

from collections import Counter
from collections.abc import Iterator

from testbed.model.answers import Answers
from testbed.model.condition import Situation
from testbed.model.failure import Canary, canary_of
from testbed.pilot.profiles.decide import decide
from testbed.pilot.profiles.profile import Profile
from testbed.pilot.profiles.sight import Sight
from testbed.pilot.profiles.step import Moment, Next, Step
from testbed.pilot.profiles.weather import Weather

LONGEST = 50
"""Decisions; a profile that takes more goes round in circles."""


def walk(profile: Profile, weather: Weather, answers: Answers, situation: Situation | None = None) -> tuple[Next, ...]:
    """Every decision, the last of which ends it; nothing is called, the weather says what would have come of it."""
    steps = tuple(_steps(profile, weather, answers, situation or Situation()))
    assert steps[-1].ends, f"{profile.name} does not come to an end"
    return steps


def _steps(profile: Profile, weather: Weather, answers: Answers, situation: Situation) -> Iterator[Next]:
    step = decide(profile, Sight(Moment.START, situation=situation), answers)
    yield step
    if not step.ends and not weather.found:
        yield decide(profile, Sight(Moment.MISSING, situation=situation), answers)
        return
    tries: Counter[Moment] = Counter()
    canary: Canary | None = None
    for _ in range(LONGEST):
        if step.ends:
            return
        assert step.moment is not None, f"{step.step} without what comes next"
        stage = profile.stage(step.moment)
        assert stage is not None, f"{profile.name} makes no call {step.moment}"
        if step.step is Step.CANARY:
            canary = canary_of(weather.pilot)
        else:
            canary = None
            tries[step.moment] += 1
        sight = Sight(step.moment, weather.call(stage), tries[step.moment], canary, situation)
        step = decide(profile, sight, answers)
        yield step
