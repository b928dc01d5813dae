"""How one pilot framework calls the switch, what it looks at, what it does then: a value, told from its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from testbed.model.demand import Demand
from testbed.model.seen import Seen
from testbed.pilot.profiles.step import Moment, Step

PAYLOAD, PILOT = "{payload_proxy}", "{pilot_proxy}"
"""Whose proxy stands in a variable; the file's path is put in its place."""


class Codes(StrEnum):
    """Which exit codes a client takes for success."""

    ZERO = "0"
    BELOW_127 = "below 127"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Good:
    """What has to be so for a call to count as good."""

    codes: Codes = Codes.ZERO
    quiet: bool = False
    """Nothing on standard error."""
    last_line: str = ""
    """Of standard output."""
    starts: bool = False
    """A sign that the payload started: a handshake, or a file that it leaves."""

    def holds(self, seen: Seen) -> bool:
        """Whether this call was good in this client's eyes."""
        code = seen.code
        fine = {
            Codes.ZERO: code == 0,
            Codes.BELOW_127: code is not None and code < 127,
            Codes.ANY: code is not None,
        }
        return (
            fine[self.codes]
            and not (self.quiet and seen.err)
            and self.last_line in ("", seen.last_line)
            and (seen.started or not self.starts)
        )

    def __str__(self) -> str:
        words = [] if self.codes is Codes.ANY else [f"exit code {self.codes}"]
        words += ["nothing on standard error"] if self.quiet else []
        words += [f"last line {self.last_line!r}"] if self.last_line else []
        words += ["a sign that the payload started"] if self.starts else []
        return ", ".join(words) or "not looked at"


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed call is made again, and after how long (seconds)."""

    times: int
    delay: float
    codes: frozenset[int] | None = None
    """The exit codes after which it is; ``None``: whatever the failure."""
    grows: bool = False
    """Before the n-th one it pauses one to n times the delay, by chance."""

    def after(self, seen: Seen, tries: int) -> tuple[float, float] | None:
        """The bounds of the pause before the next call; ``None`` when there is no next."""
        if tries > self.times or (self.codes is not None and seen.code not in self.codes):
            return None
        return self.delay, self.delay * (min(tries, 100) if self.grows else 1)


@dataclass(frozen=True, slots=True)
class Final:
    """What a client does when it gives up, and in which words."""

    step: Step
    why: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One call of the switch among those that a client makes for a payload."""

    moment: Moment
    command: str
    good: Good
    failed: Final
    credential: str = PAYLOAD
    """In ``GLEXEC_CLIENT_CERT``."""
    retry: Retry | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A client. What it sets, probes and looks at is data; `testbed.pilot.profiles.decide` is all its behaviour."""

    name: str
    about: str
    years: str
    source: str
    configured: str
    """How its users chose this behaviour."""
    finds: tuple[str, ...]
    """Where it looks for glexec, in this order."""
    environment: Mapping[str, str]
    """What it sets for the payload's call; see `PAYLOAD`."""
    stages: tuple[Stage, ...]
    """Its calls, in order."""
    missing: Final
    """What it does where there is no glexec."""
    question_4: str
    """What it amounts to, in the words of question 4."""
    demand: Demand | None = None
    """What it wants of the site, where that can be configured."""
    asks_site: bool = False
    """Whether it knows what the site demands, and heeds it."""
    expired: Final | None = None
    """What it does with an expired proxy instead of calling; ``None``: it calls."""
    handshake: bool = False
    """Whether it learns that the payload started, at the time when it does."""
    patience: float | None = None
    """Seconds until it ends a call that says nothing; ``None``: it waits for ever."""
    careful: bool = False
    """Whether it classifies first and then applies the site's answers."""
    proxy_mode: int | None = None
    """What it makes of the permissions of the payload's proxy before it calls; ``None``: it leaves them alone."""
    loosens: tuple[str, ...] = ()
    """What it opens to others so that the switch works."""
    other_calls: tuple[str, ...] = ()
    """What else it does through the switch."""

    def stage(self, moment: Moment) -> Stage | None:
        """The call that this client makes at a moment."""
        return next((stage for stage in self.stages if stage.moment is moment), None)

    def after(self, moment: Moment) -> Stage | None:
        """The call that comes after the one of a moment; the first one after the start."""
        moments = [stage.moment for stage in self.stages]
        rest = self.stages[moments.index(moment) + 1 :] if moment in moments else self.stages
        return rest[0] if rest else None

    def variables(self, stage: Stage, **places: str) -> dict[str, str]:
        """What it sets for a call; a call with the pilot's credential gets nothing else.

        ``payload_proxy``, ``pilot_proxy`` and ``folder`` are paths, ``wrapped_environment`` is what glexec_wrapenv.pl
        made of the payload's.
        """
        given = {**self.environment} if stage.credential == PAYLOAD else {}
        given["GLEXEC_CLIENT_CERT"] = stage.credential
        return {name: value.format(**places) for name, value in given.items()}
