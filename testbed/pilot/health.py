"""When to send a worker node fewer pilots, none, or one to try: what its payloads came to decides. No input or output.

A black hole (F40) is a node on which payloads fail at once, so that it asks for the next one before any other node has
ended its own: without care it drains the queue. One failure teaches nothing, and neither do those of a single user, who
may be the one to blame.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from testbed.model.problem import Problem
from testbed.pilot.needs import known_keys, number, span
from testbed.pilot.payload import LONGEST, with_types

KEPT = 10
"""Failures in a row that are remembered, the newest."""
MOST_DOUBLINGS = 30
LONGEST_WHY = 200


class Standing(StrEnum):
    """What is thought of a node."""

    WELL = "well"
    SUSPECTED = "suspected"
    """It gets half of its pilots."""
    DRAINED = "drained"
    """It gets none for a while."""
    PROBED = "probed"
    """It gets one pilot for one payload: what becomes of that decides."""


@dataclass(frozen=True, slots=True)
class Caution:
    """How soon a node is believed to be bad, and for how long."""

    failures: int = 3
    """In a row, after which it gets no pilot: as often as HTCondor tried glexec again (GLEXEC_RETRIES)."""
    users: int = 2
    """Of so many different users: one alone may be banned, or send what fails everywhere. Our choice: the least."""
    window: float = 600.0
    """Seconds within which they have to lie: Vac's fizzle_seconds, in which a machine that ends counts as aborted."""
    first: float = 5.0
    """Seconds of the first pause, each next one is twice as long: HTCondor's GLEXEC_RETRY_DELAY."""
    longest: float = 500.0
    """Seconds of the longest: HTCondor's bound, a hundred times the first."""
    jitter: float = 0.5
    """The part of a pause that chance may add, so that nodes do not come back together. Our choice."""

    def json(self) -> dict[str, Any]:
        """As JSON data."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def parse(cls, data: object) -> "Caution":
        """The caution of JSON data; a `Problem` names what is wrong with it."""
        with_types(data)
        assert isinstance(data, Mapping)
        known_keys(data, "caution", cls.__slots__)
        usual = cls()
        found = cls(
            number(data.get("failures", usual.failures), "the number of failures", KEPT, 2),
            number(data.get("users", usual.users), "the number of users", KEPT, 1),
            span(data.get("window", usual.window), LONGEST),
            span(data.get("first", usual.first), LONGEST),
            span(data.get("longest", usual.longest), LONGEST),
            span(data.get("jitter", usual.jitter), 10.0),
        )
        if not 0 < found.first <= found.longest or found.users > found.failures:
            raise Problem(
                "caution that contradicts itself",
                found=f"first {found.first:g}, longest {found.longest:g}, {found.users} of {found.failures}",
                expected="0 < first <= longest, users <= failures",
            )
        return found

    def pause(self, times: int, chance: float) -> float:
        """Seconds of the pause of this number, from 1 on; ``chance`` is from 0 to 1."""
        doubled: float = self.first * 2.0 ** min(times - 1, MOST_DOUBLINGS)
        return min(doubled, self.longest) * (1 + self.jitter * chance)


@dataclass(frozen=True, slots=True)
class Failure:
    """A payload that a node did not start, of this user; or a pilot that it did not start (no user)."""

    time: float
    """In seconds since 1970."""
    user: str
    why: str


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of one node: its failures since the last success, and its pauses in a row."""

    failures: tuple[Failure, ...] = ()
    pauses: int = 0
    until: float = 0.0
    """The end of the last pause, in seconds since 1970."""

    def standing(self, now: float, caution: Caution) -> Standing:
        """What is thought of it now. A clock that was set back prolongs no pause beyond the longest."""
        if self.pauses:
            paused = now < self.until <= now + caution.pause(self.pauses, 1.0)
            return Standing.DRAINED if paused else Standing.PROBED
        return Standing.SUSPECTED if _blames(self._recent(now, caution), 2, 2) else Standing.WELL

    def room(self, most: int, now: float, caution: Caution) -> int:
        """How many payloads of ``most`` may be in its hands now."""
        match self.standing(now, caution):
            case Standing.WELL:
                return most
            case Standing.SUSPECTED:
                return max(1, most // 2)
            case Standing.PROBED:
                return min(1, most)
            case Standing.DRAINED:
                return 0

    def failed(self, failure: Failure, caution: Caution, chance: float) -> "Health":
        """After a failure. What it had in hand when its pause began prolongs that not."""
        recent = (*self._recent(failure.time, caution), failure)[-KEPT:]
        drained = self.standing(failure.time, caution) is Standing.DRAINED
        if drained or not (self.pauses or _blames(recent, caution.failures, caution.users)):
            return replace(self, failures=recent)
        pauses = self.pauses + 1
        return Health(recent, pauses, failure.time + caution.pause(pauses, chance))

    def succeeded(self) -> "Health":
        """After a payload that it started: all is forgotten."""
        return Health()

    def _recent(self, now: float, caution: Caution) -> tuple[Failure, ...]:
        return tuple(each for each in self.failures if now - each.time <= caution.window)

    def why(self) -> str:
        """The last failure, in words; empty where there was none."""
        if not self.failures:
            return ""
        last, users = self.failures[-1], sorted({each.user for each in self.failures if each.user})
        whose = f" of {', '.join(users)}" if users else ""
        return f"{len(self.failures)} in a row{whose}; the last: {last.why}"

    def json(self) -> dict[str, Any]:
        """As JSON data."""
        failures = [{"time": each.time, "user": each.user, "why": each.why[:LONGEST_WHY]} for each in self.failures]
        return {"failures": failures, "pauses": self.pauses, "until": self.until}

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Health":
        """The health of JSON data."""
        failures = tuple(Failure(each["time"], each["user"], each["why"]) for each in data["failures"])
        return cls(failures, data["pauses"], data["until"])


def _blames(failures: tuple[Failure, ...], enough: int, users: int) -> bool:
    """Whether so many failures of so many users speak against the node; where no user was involved none is to blame."""
    named = {each.user for each in failures if each.user}
    nobodys = sum(not each.user for each in failures)
    return len(failures) >= enough and len(named) + nobodys >= users
