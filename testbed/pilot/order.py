"""What a pilot is sent out with, and what is known of it when it has ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from testbed.model import containment
from testbed.model.answers import Answers, MultiUser, OnInternalError
from testbed.model.condition import CAUSES, Condition, restored, stored
from testbed.model.mode import Mode
from testbed.model.problem import Problem, nearest, shown
from testbed.pilot.needs import number, span
from testbed.pilot.payload import decode, encode, seconds, with_types

START_LIMITS = {Mode.NONE: 10.0, Mode.LOG_ONLY: 30.0, Mode.SETUID: 30.0, Mode.CONTAINER: 30.0, Mode.VM: 90.0}
"""Seconds that the way of a mode may take until the payload starts; an emulated machine boots slowly."""


MOST_RETRIES = 20
LONGEST_DELAY = 300.0
LONGEST_SECRET = 200
SHORTEST_PROXY, LONGEST_PROXY = 3.0, 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Node:
    """A worker node as the factory reaches it. ``name`` is how known_hosts calls it."""

    name: str
    address: str
    port: int
    account: str


@dataclass(frozen=True, slots=True)
class Order:
    """One pilot: how it runs payloads, and which. Times are in seconds; ``limit`` is for the whole of the pilot.

    ``node`` holds what differs from the VO's usual worker node: address, port, account. The site's answers come with
    their conditions, as `Answers` has them: the pilot itself holds them against what it sees.
    """

    mode: Mode
    on_internal_error: OnInternalError = OnInternalError.NO
    on_internal_error_if: tuple[Condition, ...] = ()
    slot: str = ""
    limit: float = 300.0
    start_limit: float = 0.0
    """0: what `START_LIMITS` says of the mode. For all calls that one payload takes to start, pauses included."""
    node: Mapping[str, str | int] = field(default_factory=dict)
    multi_user_pilots: MultiUser = MultiUser.YES
    multi_user_pilots_if: tuple[Condition, ...] = ()
    needs_trace: bool = False
    """Whether the site demands glexec: a run that nobody could record is then against its rules."""
    retries: int = 2
    """How often the switch is called again after an internal error, as careful clients do (our choice)."""
    retry_delay: float = 5.0
    """Before the n-th of them the pilot pauses one to n times as long, by chance."""
    proxy: float = 0.0
    """Seconds that the pilot's own proxy lasts, until it gets a new one; 0: it has the VO's, as long as that lasts."""
    container: Mapping[str, str | bool] = field(default_factory=dict)
    """In mode container, what its payloads share with the node otherwise than usual: `testbed.model.containment`."""
    careless: str = ""
    """A secret in the pilot's environment, which it hands on to its payloads, as well as its open proxy; empty: not."""
    adopts: bool = True
    """Whether it becomes the parent of what payloads leave running, and so can end it."""

    @classmethod
    def at(cls, answers: Answers, mode: Mode, **more: Any) -> "Order":
        """The order for a pilot at a site that answers so."""
        return cls(
            mode,
            answers.on_internal_error,
            answers.on_internal_error_if,
            multi_user_pilots=answers.multi_user_pilots,
            multi_user_pilots_if=answers.multi_user_pilots_if,
            needs_trace=answers.needs_trace,
            **more,
        )

    def json(self) -> dict[str, Any]:
        """The order as JSON data."""
        return {
            "mode": str(self.mode),
            "on_internal_error": str(self.on_internal_error),
            "on_internal_error_if": [_said(each) for each in self.on_internal_error_if],
            "slot": self.slot,
            "limit": self.limit,
            "start_limit": self.start_limit or START_LIMITS[self.mode],
            "node": dict(self.node),
            "multi_user_pilots": str(self.multi_user_pilots),
            "multi_user_pilots_if": [_said(each) for each in self.multi_user_pilots_if],
            "needs_trace": self.needs_trace,
            "retries": self.retries,
            "retry_delay": self.retry_delay,
            "proxy_lasts": self.proxy,
            "container": dict(self.container),
            "careless": self.careless,
            "adopts": self.adopts,
        }

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Order":
        """The order of JSON data; a `Problem` names what is wrong with it."""
        with_types(data, mode=str, on_internal_error=str, slot=str, node=dict)
        usual = cls(Mode(_word(data["mode"], Mode)))
        trace, adopts = (data.get(word, getattr(usual, word)) for word in ("needs_trace", "adopts"))
        for said in (trace, adopts):
            if not isinstance(said, bool):
                raise Problem("an order that no pilot understands", found=shown(said), expected="true or false")
        return cls(
            usual.mode,
            OnInternalError(_word(data["on_internal_error"], OnInternalError)),
            _conditions(data.get("on_internal_error_if", [])),
            data["slot"],
            seconds(data.get("limit", usual.limit)),
            seconds(data.get("start_limit") or START_LIMITS[usual.mode]),
            data["node"],
            MultiUser(_word(data.get("multi_user_pilots", usual.multi_user_pilots), MultiUser)),
            _conditions(data.get("multi_user_pilots_if", [])),
            trace,
            number(data.get("retries", usual.retries), "the number of retries", MOST_RETRIES),
            span(data.get("retry_delay", usual.retry_delay), LONGEST_DELAY),
            _lasting(data.get("proxy_lasts", usual.proxy)),
            containment.checked(data.get("container", {})),
            _secret(data.get("careless", usual.careless)),
            adopts,
        )


def _said(condition: Condition) -> dict[str, Any]:
    """A condition with its words, which the pilot repeats when it holds."""
    return {**stored(condition), "says": str(condition)}


def _conditions(data: object) -> tuple[Condition, ...]:
    """The conditions of JSON data. What cannot be understood is refused: a condition is a leave."""
    try:
        if not isinstance(data, list):
            raise TypeError(f"{type(data).__name__} is no list")
        return tuple(_sound(restored({key: each[key] for key in each if key != "says"})) for each in data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem("conditions that no pilot understands", found=shown(data), cause=str(error)) from None


def _sound(condition: Condition) -> Condition:
    """A condition of which every part is of its kind: a word is no list of letters, and true is no number."""
    for words in (condition.causes, condition.owners, condition.roles, condition.vos):
        if not isinstance(words, tuple) or not all(isinstance(word, str) for word in words):
            raise TypeError(f"{words!r} is no list of words")
    if unknown := set(condition.causes) - set(CAUSES):
        raise ValueError(f"nothing is caused by {', '.join(sorted(unknown))}")
    for most in (condition.well_within, condition.pilots_at_most, condition.runs_at_most):
        if most is not None and (type(most) is not int or most < 0):
            raise TypeError(f"{most!r} is no number")
    if not isinstance(condition.own_payload, bool) or not condition.states:
        raise TypeError("it states nothing")
    return condition


def _lasting(data: object) -> float:
    """How long a pilot's own proxy lasts."""
    if 0 < (found := span(data, LONGEST_PROXY)) < SHORTEST_PROXY:
        raise Problem(
            "a proxy that ends before it could be renewed", found=f"{found:g} s", expected=f"{SHORTEST_PROXY:g} s, or 0"
        )
    return found


def _secret(data: object) -> str:
    """What a careless pilot hands on: it becomes a variable of its environment."""
    if not isinstance(data, str) or len(data) > LONGEST_SECRET or "\0" in data:
        raise Problem("a secret that no pilot can have", found=shown(data), expected=f"{LONGEST_SECRET} characters")
    return data


def _word(word: object, words: type[StrEnum]) -> str:
    if isinstance(word, str) and word in list(words):
        return word
    near = nearest(str(word), words)
    raise Problem(
        "an order that no pilot understands",
        found=str(word)[:80],
        expected="one of " + ", ".join(words),
        remedy=f"did you mean {near!r}?" if near else "",
    )


@dataclass(frozen=True, slots=True)
class PilotEnd:
    """How a pilot ended: its exit code (``None``: it gave none, ``why`` says more), and its own log."""

    pilot: str
    ended: bool
    code: int | None = None
    err: bytes = field(default=b"", repr=False)
    why: str = ""

    def json(self) -> dict[str, Any]:
        """The end as JSON data."""
        return {
            "pilot": self.pilot,
            "ended": self.ended,
            "code": self.code,
            "err": encode(self.err),
            "why": self.why,
        }

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "PilotEnd":
        """The end of JSON data."""
        with_types(data, pilot=str, ended=bool, err=str, why=str)
        return cls(data["pilot"], data["ended"], data.get("code"), decode(data["err"]), data["why"])
