"""One case in which the site's "depends" means yes, and what the pilot knows when it asks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .failure import Cause

UNTOLD = "untold"
NAMED_ONLY = ("service-untrusted", "service-broken")
"""Reasons that no condition covers unless it names them: somebody who is in the middle could bring them about."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the pilot knows when it asks "may I?". What it does not know fulfils no condition."""

    cause: Cause | None = None
    owner: str = ""
    pilot_owner: str = ""
    fqans: Sequence[str] = ()
    vo: str = ""
    well: float | None = None
    """Minutes since the switch last worked on this node."""
    pilots: int | None = None
    runs: int | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One case in which "depends" means yes, as testbed/model/condition.py has it; ``says`` is all of it in words."""

    causes: Sequence[str] = ()
    owners: Sequence[str] = ()
    own_payload: bool = False
    roles: Sequence[str] = ()
    vos: Sequence[str] = ()
    well_within: int | None = None
    pilots_at_most: int | None = None
    runs_at_most: int | None = None
    windows: Sequence[tuple[datetime, datetime]] = ()
    because: str = ""
    says: str = ""

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Condition":
        """The condition of JSON data. One that states what we do not know of is an error: it is a leave."""
        windows = [
            (datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"])) for each in data["windows"]
        ]
        return cls(**{**data, "windows": windows})

    def misses(self, at: Situation, *, asks_for_cause: bool) -> Iterator[str]:
        """What does not hold."""
        cause = at.cause
        names = (cause.kind, cause.reason) if cause else (UNTOLD,)
        if cause and cause.reason in NAMED_ONLY and asks_for_cause and cause.reason not in self.causes:
            yield f"{cause.reason} is not named"
        if self.causes and not set(names) & set(self.causes):
            yield f"the cause is {names[-1]}, not {' or '.join(self.causes)}"
        if self.owners and at.owner not in self.owners:
            yield f"the owner is {at.owner or 'unknown'}"
        if self.own_payload and not (at.owner and at.owner == at.pilot_owner):
            yield "the payload is not the pilot owner's own"
        if self.roles and role_of(at.fqans) not in self.roles:
            yield f"the role is {role_of(at.fqans) or 'none'}, not {' or '.join(self.roles)}"
        if self.vos and at.vo not in self.vos:
            yield f"the VO is {at.vo or 'unknown'}, not {' or '.join(self.vos)}"
        if self.well_within is not None and not (at.well is not None and at.well <= self.well_within):
            yield f"the switch has not worked here within {self.well_within} minutes"
        if self.pilots_at_most is not None and not (at.pilots is not None and at.pilots <= self.pilots_at_most):
            yield f"{'an unknown number of' if at.pilots is None else at.pilots} pilots are on the node"
        if self.runs_at_most is not None and not (at.runs is not None and at.runs < self.runs_at_most):
            yield f"{'an unknown number of' if at.runs is None else at.runs} payloads have run without it already"
        if self.windows and not (at.now is not None and any(start <= at.now < end for start, end in self.windows)):
            yield "no maintenance is declared for now"


def by_conditions(
    question: str, conditions: Sequence[Condition], at: Situation, *, asks_for_cause: bool
) -> tuple[bool, str]:
    """Whether one of the conditions holds, and in words which, or what is missing."""
    if not conditions:
        return False, f"{question} is answered depends, and no condition is stated: that is no"
    missing = []
    for condition in conditions:
        first = next(condition.misses(at, asks_for_cause=asks_for_cause), "")
        if not first:
            return True, f"{question} is answered depends, and {condition.says}"
        missing.append(first)
    return False, f"{question} is answered depends, but {'; '.join(dict.fromkeys(missing))}"


def role_of(fqans: Sequence[str]) -> str:
    """The role of the primary attribute; empty for none."""
    role = fqans[0].partition("/Role=")[2].partition("/")[0] if fqans else ""
    return "" if role == "NULL" else role
