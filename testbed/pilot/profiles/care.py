"""The next step of a careful client: it classifies first, and then applies the site's answers."""

from dataclasses import replace

from testbed.model.answers import Answers
from testbed.model.demand import Demand, fit
from testbed.model.failure import FOLLOWS, Failure, classify
from testbed.model.mode import Mode
from testbed.model.policy import may_run_itself, may_send
from testbed.model.seen import Seen
from testbed.pilot.profiles.profile import Profile
from testbed.pilot.profiles.sight import Sight
from testbed.pilot.profiles.step import Moment, Next, Step

REPAIRS = 1
"""How often a client that called wrongly mends its call."""


def careful(profile: Profile, sight: Sight, answers: Answers) -> Next:
    """What follows from the class of what was seen."""
    if sight.moment is Moment.START:
        return _start(profile, sight, answers)
    if sight.moment is Moment.MISSING:
        return _question_4(Failure.INTERNAL, sight, answers)
    if sight.moment is Moment.EXPIRED:
        return _repaired(sight, "the payload's proxy has expired")
    assert sight.call is not None, f"{sight.moment} is after a call"
    failure = classify(sight.call, sight.canary)
    if failure is Failure.PAYLOAD:
        return Next(Step.DONE, "the start handshake came: the code is the payload's")
    if failure is Failure.DENIED:
        return Next(Step.RETURN, FOLLOWS[failure].says)
    if failure is Failure.MISUSED:
        return _repaired(sight, FOLLOWS[failure].says)
    if failure is Failure.AMBIGUOUS:
        return Next(Step.CANARY, "nobody said whether this was a denial", Moment.RUN)
    return _again(profile, sight, sight.call) or _question_4(failure, sight, answers)


def _start(profile: Profile, sight: Sight, answers: Answers) -> Next:
    ruling = may_send(answers, sight.situation)
    if not ruling.allowed:
        return Next(Step.STOP, f"no payload of others is fetched: {ruling.why}")
    found = fit(profile.demand or Demand.OPTIONAL, answers)
    if found.mode is None:
        return Next(Step.STOP, found.why)
    if found.mode is Mode.NONE:
        return Next(Step.WITHOUT, found.why)
    return Next(Step.CALL, found.why, Moment.RUN)


def _repaired(sight: Sight, why: str) -> Next:
    if sight.tries > REPAIRS:
        return Next(Step.RETURN, f"{why}; mending it did not help")
    return Next(Step.REPAIR, why, Moment.RUN)


def _again(profile: Profile, sight: Sight, call: Seen) -> Next | None:
    stage = profile.stage(sight.moment)
    pause = stage.retry.after(call, sight.tries) if stage and stage.retry else None
    return Next(Step.RETRY, "this may pass", sight.moment, *pause) if pause else None


def _question_4(failure: Failure, sight: Sight, answers: Answers) -> Next:
    cause = sight.call.cause if sight.call else None
    ruling = may_run_itself(answers, failure, replace(sight.situation, cause=cause))
    return Next(Step.BYPASS if ruling.allowed else Step.RETURN, ruling.why)
