"""How things stand at a site: what each kind of call would come to. Enough to walk a client through it without one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from testbed.model.failure import Failure
from testbed.model.seen import Seen
from testbed.pilot.profiles.profile import PILOT, Stage
from testbed.pilot.profiles.step import Moment

HARMLESS_LINE = "LCMAPS: rule is not part of the chain\n"
"""What LCMAPS may say on standard error while all is well: a warning about an unused rule of lcmaps.db."""

_GOOD = Seen(0, out="Hello World\n", started=True)


@dataclass(frozen=True, slots=True)
class Weather:
    """One way in which things can stand; ``failure`` is the class that a careful client will find."""

    name: str
    says: str
    failure: Failure
    payload: Seen
    """The call for the payload."""
    pilot: Seen = _GOOD
    """A harmless call with the pilot's credential."""
    harmless: Seen | None = None
    """A harmless call with the payload's credential; ``None``: as the call for the payload."""
    found: bool = True
    """Whether there is a glexec."""

    def call(self, stage: Stage) -> Seen:
        """What a client's call comes to."""
        if stage.credential == PILOT:
            return self.pilot
        return self.payload if stage.moment is Moment.RUN or self.harmless is None else self.harmless

    def canary(self) -> Seen:
        """What a harmless call with the pilot's credential comes to."""
        return self.pilot

    def mend(self) -> None:
        """The weather is nothing that a client could mend."""

    def untold(self) -> "Weather":
        """The same at a site that does not have causes told."""
        silent = replace(self.payload, err=_without_cause(self.payload.err))
        return replace(self, payload=silent, pilot=replace(self.pilot, err=_without_cause(self.pilot.err)))


def refusal(code: int, kind: str, reason: str) -> Seen:
    """A call that ran nothing, and the cause that is told."""
    return Seen(code, err=f"LCMAPS failed.\n[gLExec]: cause class={kind} reason={reason} code={code}\n")


def _without_cause(err: str) -> str:
    return "".join(line for line in err.splitlines(keepends=True) if not line.startswith("[gLExec]: cause "))


_NOISY = replace(_GOOD, err=HARMLESS_LINE)
_BANNED = refusal(203, "denied", "banned")
_NOBODYS = refusal(203, "unavailable", "account-missing")
_AWAY = refusal(203, "unavailable", "service-unreachable")
_BROKEN = refusal(202, "site", "configuration")
_TRACELESS = refusal(202, "untraceable", "no-record")

_ALL = (
    Weather("well", "nothing is wrong", Failure.PAYLOAD, _GOOD),
    Weather("payload-203", "the payload itself ends with 203", Failure.PAYLOAD, Seen(204, started=True), _GOOD, _GOOD),
    Weather("noise", "all is well, one harmless line on standard error", Failure.PAYLOAD, _NOISY, _NOISY, _NOISY),
    Weather("denied", "the payload's user is banned", Failure.DENIED, _BANNED),
    Weather("misused", "the payload's proxy has the wrong mode", Failure.MISUSED, Seen(201)),
    Weather("misused-all", "every call has a mistake of the pilot's in it", Failure.MISUSED, Seen(201), Seen(201)),
    Weather("away", "the authorization service is away", Failure.INTERNAL, _AWAY, _AWAY),
    Weather("broken", "glexec.conf is missing", Failure.INTERNAL, _BROKEN, _BROKEN),
    Weather("nobodys", "the account that is given does not exist here", Failure.INTERNAL, _NOBODYS, _NOBODYS),
    Weather("missing", "there is no glexec", Failure.INTERNAL, Seen(127), Seen(127), found=False),
    Weather("hangs", "the call never ends", Failure.INTERNAL, Seen(None), Seen(None)),
    Weather("traceless", "nobody can write the site's record", Failure.TRACELESS, _TRACELESS, _TRACELESS),
    Weather("203-user", "203 without a word for this user; the pilot may", Failure.AMBIGUOUS, Seen(203)),
    Weather("203-all", "203 without a word, for the pilot too", Failure.AMBIGUOUS, Seen(203), Seen(203)),
    Weather(
        "denied-noise",
        "the payload's user is banned, and a harmless line comes with every call",
        Failure.DENIED,
        replace(_BANNED, err=HARMLESS_LINE + _BANNED.err),
        _NOISY,
    ),
)

WEATHERS: Mapping[str, Weather] = {weather.name: weather for weather in _ALL}
"""By name."""
