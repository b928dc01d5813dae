"""Classify first, then apply the site's answers: what a call that ran no payload means, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from testbed.model.effect import Cause
from testbed.model.seen import Seen


class Failure(StrEnum):
    """The classes of results of a call. Only ``payload`` is none of the switch's."""

    DENIED = "denied"
    """A valid decision was obtained, and it is not Permit: banned, no rule, caller not listed."""
    MISUSED = "misused"
    """The pilot's own fault: no proxy, wrong mode or owner, expired, no such command."""
    INTERNAL = "internal"
    """No decision could be obtained, or none could be put into effect."""
    AMBIGUOUS = "ambiguous"
    """203 without a word why, 126, 127, a signal, any code without a start handshake."""
    PAYLOAD = "payload"
    """The payload started. Whatever code came, it is the payload's."""
    TRACELESS = "traceless"
    """It could have run, but nobody could have recorded it."""

    @property
    def letter(self) -> str:
        """The class in one letter: D, M, E, A, P, T. The internal errors are E."""
        return "E" if self is Failure.INTERNAL else self.value[0].upper()


class Canary(StrEnum):
    """How a harmless call of the switch with the pilot's own credential went, right after an ambiguous result."""

    PASSED = "passed"
    """The switch works: it was the user who was refused."""
    FAILED = "failed"
    """The switch does not work for the pilot either."""
    DENIED = "denied"
    """The pilot was refused as well, and told so: that says nothing of the switch."""


class Run(StrEnum):
    """Whether the payload may still be run."""

    NEVER = "never"
    AFTER_REPAIR = "only through the switch, once mended"
    BY_QUESTION_4 = "as question 4 says"
    AFTER_CANARY = "as a denial, unless a canary shows an internal error"
    RAN = "it has run"
    UNLESS_REQUIRED = "not where the site requires glexec, else as question 4 says"


@dataclass(frozen=True, slots=True)
class Follows:
    """What a careful client does about one class."""

    run: Run
    retry: str
    question_4: bool
    """Whether question 4 can count for it at all."""
    says: str


FOLLOWS: Mapping[Failure, Follows] = {
    Failure.DENIED: Follows(Run.NEVER, "no", False, "the user's problem: report it, whatever question 4 says"),
    Failure.MISUSED: Follows(Run.AFTER_REPAIR, "once, after repair", False, "the pilot's problem: mend it"),
    Failure.INTERNAL: Follows(Run.BY_QUESTION_4, "bounded, with jitter", True, "the site's problem: question 4"),
    Failure.AMBIGUOUS: Follows(Run.AFTER_CANARY, "bounded", True, "a denial until a canary shows otherwise"),
    Failure.PAYLOAD: Follows(Run.RAN, "no (the VO's policy)", False, "the payload's own result"),
    Failure.TRACELESS: Follows(
        Run.UNLESS_REQUIRED, "yes", True, "an internal error; where glexec is required its record is the point"
    ),
}
"""The classes with what follows; our reading of JSPG's policy and of the old clients' mistakes."""

_OF_KIND = {
    "denied": Failure.DENIED,
    "caller": Failure.MISUSED,
    "site": Failure.INTERNAL,
    "unavailable": Failure.INTERNAL,
    "undecided": Failure.INTERNAL,
    "untraceable": Failure.TRACELESS,
}
_PERHAPS_NO = "lcmaps-refused"
"""LCMAPS refused and nobody says why: that may well have been a decision."""
_OF_CODE = {None: Failure.INTERNAL, 201: Failure.MISUSED, 202: Failure.INTERNAL}
"""Without a cause. ``None`` is a call that never came back: the time limit stands for "no decision"."""


def class_of(cause: Cause) -> Failure:
    """The class of a cause that is told, or that was brought about on purpose."""
    return Failure.AMBIGUOUS if cause.reason == _PERHAPS_NO else _OF_KIND[cause.kind]


def classify(seen: Seen, canary: Canary | None = None) -> Failure:
    """The class of a call's result, as well as can be told from outside.

    The start handshake counts first: only it tells a payload's 203 from the switch's. Then the cause, then the code.
    What stays ambiguous becomes an internal error where a canary has failed, and a denial where it has passed.
    """
    if seen.started:
        return Failure.PAYLOAD
    found = class_of(seen.cause) if seen.cause else _OF_CODE.get(seen.code, Failure.AMBIGUOUS)
    if found is Failure.AMBIGUOUS and canary is not None:
        return Failure.INTERNAL if canary is Canary.FAILED else Failure.DENIED
    return found


def canary_of(seen: Seen) -> Canary:
    """What the harmless call's own result says."""
    if seen.started or seen.code == 0:
        return Canary.PASSED
    return Canary.DENIED if classify(seen) in (Failure.DENIED, Failure.MISUSED) else Canary.FAILED
