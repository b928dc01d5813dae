"""The one behaviour of all profiles: what was seen, what the site answers, and so what comes next."""

from testbed.model.answers import Answers
from testbed.model.demand import Demand, fit
from testbed.model.mode import Mode
from testbed.pilot.profiles.care import careful
from testbed.pilot.profiles.profile import Profile
from testbed.pilot.profiles.sight import Sight
from testbed.pilot.profiles.step import Moment, Next, Step


def decide(profile: Profile, sight: Sight, answers: Answers) -> Next:
    """The next step of a client. Only careful ones, and those that ask the site, look at the answers at all."""
    if profile.careful:
        return careful(profile, sight, answers)
    if sight.moment is Moment.START:
        return _start(profile, answers)
    if sight.moment is Moment.MISSING:
        return Next(profile.missing.step, profile.missing.why)
    if sight.moment is Moment.EXPIRED:
        return Next(profile.expired.step, profile.expired.why) if profile.expired else _first(profile)
    return _after_call(profile, sight)


def _start(profile: Profile, answers: Answers) -> Next:
    if profile.asks_site:
        found = fit(profile.demand or Demand.OPTIONAL, answers)
        if found.mode is None:
            return Next(Step.STOP, found.why)
        if found.mode is Mode.NONE:
            return Next(Step.WITHOUT, found.why)
    elif profile.demand is Demand.NEVER:
        return Next(Step.WITHOUT, "configured so; the site is not asked")
    return _first(profile)


def _first(profile: Profile) -> Next:
    return Next(Step.CALL, "as configured", profile.stages[0].moment)


def _after_call(profile: Profile, sight: Sight) -> Next:
    stage, call = profile.stage(sight.moment), sight.call
    assert stage is not None, f"{profile.name} makes no such call: {sight.moment}"
    assert call is not None, f"{sight.moment} is after a call"
    if call.code is None and profile.patience is None:
        return Next(Step.WAIT, "no time limit of its own")
    if stage.good.holds(call):
        following = profile.after(sight.moment)
        if following:
            return Next(Step.CALL, f"good: {stage.good}", following.moment)
        return Next(Step.DONE, f"good: {stage.good}")
    pause = stage.retry.after(call, sight.tries) if stage.retry else None
    if pause:
        return Next(Step.RETRY, f"code {call.code}", sight.moment, *pause)
    return Next(stage.failed.step, stage.failed.why)
