"""What a pilot is sent out with, and what is known of it when it has ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from testbed.model.answers import OnInternalError
from testbed.model.mode import Mode
from testbed.model.problem import Problem, nearest
from testbed.pilot.payload import decode, encode, seconds, with_types

START_LIMITS = {Mode.NONE: 10.0, Mode.LOG_ONLY: 30.0, Mode.SETUID: 30.0, Mode.VM: 90.0}
"""Seconds that the way of a mode may take until the payload starts; an emulated machine boots slowly."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One case in which the answer "depends" means yes: the user is one of these, and the code is one of these."""

    users: tuple[str, ...]
    codes: tuple[int, ...]


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

    ``node`` holds what differs from the VO's usual worker node: address, port, account.
    """

    mode: Mode
    on_internal_error: OnInternalError = OnInternalError.NO
    rules: tuple[Rule, ...] = ()
    slot: str = ""
    limit: float = 300.0
    start_limit: float = 0.0
    """0: what `START_LIMITS` says of the mode."""
    node: Mapping[str, str | int] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """The order as JSON data."""
        return {
            "mode": str(self.mode),
            "on_internal_error": str(self.on_internal_error),
            "rules": [{"users": list(rule.users), "codes": list(rule.codes)} for rule in self.rules],
            "slot": self.slot,
            "limit": self.limit,
            "start_limit": self.start_limit or START_LIMITS[self.mode],
            "node": dict(self.node),
        }

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Order":
        """The order of JSON data; a `Problem` names what is wrong with it."""
        with_types(data, mode=str, on_internal_error=str, rules=list, slot=str, node=dict)
        for word, words in ((data["mode"], list(Mode)), (data["on_internal_error"], list(OnInternalError))):
            if word not in words:
                near = nearest(word, words)
                raise Problem(
                    "an order that no pilot understands",
                    found=word,
                    expected="one of " + ", ".join(words),
                    remedy=f"did you mean {near!r}?" if near else "",
                )
        for rule in data["rules"]:
            with_types(rule, users=list, codes=list)
        mode = Mode(data["mode"])
        return cls(
            mode,
            OnInternalError(data["on_internal_error"]),
            tuple(Rule(tuple(rule["users"]), tuple(rule["codes"])) for rule in data["rules"]),
            data["slot"],
            seconds(data.get("limit", 300.0)),
            seconds(data.get("start_limit") or START_LIMITS[mode]),
            data["node"],
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
