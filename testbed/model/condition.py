"""What "depends" depends on: one explicit case in which the answer is yes, and what a pilot knows when it asks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from testbed.model.effect import Cause
from testbed.model.reasons import REASONS

UNTOLD = "untold"
"""The word for an internal error of which the switch tells no cause."""
OPEN_CLASSES = ("site", "unavailable", "undecided")
"""The classes of causes that question 4 is about."""
NEVER_OPEN = ("account-missing",)
"""Reasons of these classes that question 4 is not about all the same: an account that the node does not have."""
CAUSES = (
    UNTOLD,
    *OPEN_CLASSES,
    *(reason for kind in OPEN_CLASSES for reason in REASONS[kind] if reason not in NEVER_OPEN),
)
"""Every word that a condition can name as a cause: a class, or one reason."""
NAMED_ONLY = ("service-untrusted", "service-broken")
"""Reasons that no condition covers unless it names them: somebody who is in the middle could bring them about."""


@dataclass(frozen=True, slots=True)
class Window:
    """A time of maintenance that the site has declared. Both ends have a time zone; the end is not part of it."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def __str__(self) -> str:
        return f"{self.start.isoformat(' ', 'minutes')} to {self.end.isoformat(' ', 'minutes')}"


@dataclass(frozen=True, slots=True)
class Situation:
    """What a pilot knows when it asks "may I?". What it does not know (``None``, empty) fulfils no condition."""

    cause: Cause | None = None
    """Why the switch ran nothing, where it is told."""
    owner: str = ""
    """The payload's owner: the DN of his certificate, without the parts that proxies add."""
    pilot_owner: str = ""
    """The pilot's, alike."""
    fqans: Sequence[str] = ()
    """The VOMS attributes of the payload's owner, the primary one first."""
    vo: str = ""
    well: float | None = None
    """Minutes since the switch last worked on this node."""
    pilots: int | None = None
    """Pilots that are on this node, the one that asks included."""
    runs: int | None = None
    """Payloads that have been run without the switch on this node since it last worked."""
    now: datetime | None = None
    """With its time zone."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One case in which "depends" means yes: all that it states has to hold. ``None`` and empty state nothing."""

    causes: tuple[str, ...] = ()
    """Classes or reasons, of `CAUSES`."""
    owners: tuple[str, ...] = ()
    """DNs."""
    own_payload: bool = False
    """The payload's owner is the pilot's own."""
    roles: tuple[str, ...] = ()
    """VOMS roles, as the primary attribute has them: ``production``."""
    vos: tuple[str, ...] = ()
    well_within: int | None = None
    """Minutes: the switch has worked on this node since."""
    pilots_at_most: int | None = None
    runs_at_most: int | None = None
    """Payloads that may run without the switch on a node until it works again."""
    windows: tuple[Window, ...] = ()
    because: str = ""
    """The site's own reason."""

    @property
    def states(self) -> tuple[str, ...]:
        """What it asks for, in words; nothing where it would always hold."""
        words = {
            "causes": f"the cause is {_any(self.causes)}",
            "owners": f"the owner is {_any(self.owners)}",
            "own_payload": "the payload is the pilot owner's own",
            "roles": f"the role is {_any(self.roles)}",
            "vos": f"the VO is {_any(self.vos)}",
            "well_within": f"the switch has worked here within {self.well_within} minutes",
            "pilots_at_most": f"at most {self.pilots_at_most} pilots are on the node",
            "runs_at_most": f"fewer than {self.runs_at_most} payloads have run without it since it last worked",
            "windows": f"it is {_any(tuple(map(str, self.windows)))}",
        }
        return tuple(text for name, text in words.items() if getattr(self, name) not in ((), False, None))

    def missing(self, situation: Situation, *, asks_for_cause: bool = True) -> str:
        """The first thing that does not hold; empty when all does.

        With ``asks_for_cause`` a condition that names no cause does not cover those of `NAMED_ONLY`.
        """
        return next(self._misses(situation, asks_for_cause), "")

    def _misses(self, at: Situation, asks_for_cause: bool) -> Iterator[str]:
        cause = at.cause
        names = (cause.kind, cause.reason) if cause else (UNTOLD,)
        if cause and cause.reason in NAMED_ONLY and asks_for_cause and cause.reason not in self.causes:
            yield f"{cause.reason} is not named"
        if self.causes and not set(names) & set(self.causes):
            yield f"the cause is {names[-1]}, not {_any(self.causes)}"
        if self.owners and at.owner not in self.owners:
            yield f"the owner is {at.owner or 'unknown'}"
        if self.own_payload and not (at.owner and at.owner == at.pilot_owner):
            yield "the payload is not the pilot owner's own"
        if self.roles and role_of(at.fqans) not in self.roles:
            yield f"the role is {role_of(at.fqans) or 'none'}, not {_any(self.roles)}"
        if self.vos and at.vo not in self.vos:
            yield f"the VO is {at.vo or 'unknown'}, not {_any(self.vos)}"
        if self.well_within is not None and not (at.well is not None and at.well <= self.well_within):
            yield f"the switch has not worked here within {self.well_within} minutes"
        if self.pilots_at_most is not None and not (at.pilots is not None and at.pilots <= self.pilots_at_most):
            yield f"{'an unknown number of' if at.pilots is None else at.pilots} pilots are on the node"
        if self.runs_at_most is not None and not (at.runs is not None and at.runs < self.runs_at_most):
            yield f"{'an unknown number of' if at.runs is None else at.runs} payloads have run without it already"
        if self.windows and not (at.now is not None and any(at.now in window for window in self.windows)):
            yield "no maintenance is declared for now"

    def __str__(self) -> str:
        return " and ".join(self.states)


EXAMPLES = (
    Condition(own_payload=True, because="a pilot may always run what is its own owner's"),
    Condition(roles=("production",), because="the production team is known, and answers for its payloads"),
    Condition(
        causes=("service-unreachable", "service-silent"),
        runs_at_most=10,
        because="nobody is there who could be asked; not for ever",
    ),
)
"""What "depends" depends on in scenarios and replays where the site itself states nothing.

After the rules that the facts of this project call useful (failure catalogue, section 3.2): the pilot owner's own
payload; the production role; a cause that is a time-out or a refused connection, but none of TLS, of malformed answers
or Indeterminate; at most so many runs since the switch last worked. Two of them are not here: an HTTP status 5xx has no
cause of its own (`NAMED_ONLY` has the one that it shares with malformed answers), and a window of maintenance is the
site's to declare. The number is our choice.
"""


def stored(condition: Condition) -> dict[str, Any]:
    """A condition as JSON data: what `restored` reads."""
    windows = [{"start": each.start.isoformat(), "end": each.end.isoformat()} for each in condition.windows]
    return {**asdict(condition), "windows": windows}


def restored(data: Mapping[str, Any]) -> Condition:
    """The condition of the JSON data that `dataclasses.asdict` made of it. Raises ValueError, KeyError or TypeError."""
    given = dict(data)
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    fields["windows"] = tuple(
        Window(datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"])) for each in given["windows"]
    )
    return Condition(**fields)


def role_of(fqans: Sequence[str]) -> str:
    """The role of the primary attribute; empty for none.

    >>> role_of(["/alpha/Role=production/Capability=NULL", "/alpha"])
    'production'
    """
    role = fqans[0].partition("/Role=")[2].partition("/")[0] if fqans else ""
    return "" if role == "NULL" else role


def _any(words: Sequence[str]) -> str:
    return " or ".join(words)
