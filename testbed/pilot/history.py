"""What happened to a payload: every change of its state, when, by whom and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from testbed.pilot.payload import State, with_types

QUEUE = "queue"
"""Who changes what nobody asked for: a lease that ran out, a VO that was begun anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``who`` is a DN, a pilot, or `QUEUE`; ``time`` is in seconds since 1970."""

    time: float
    who: str
    state: State
    why: str = ""

    def __str__(self) -> str:
        when = f"{datetime.fromtimestamp(self.time, UTC):%Y-%m-%d %H:%M:%S}"
        return f"{when}  {self.state:<9} {self.who}: {self.why}".rstrip()

    def json(self) -> dict[str, Any]:
        """As JSON data."""
        return {"time": self.time, "who": self.who, "state": str(self.state), "why": self.why}

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Change":
        """The change of JSON data."""
        with_types(data, time=float, who=str, state=str, why=str)
        return cls(data["time"], data["who"], State(data["state"]), data["why"])


@dataclass(frozen=True, slots=True)
class Line:
    """One payload in a list of them."""

    ident: str
    state: State
    owner: str
    vo: str
    priority: int
    pilot: str
    left: int
    """How often it may still be handed out."""
    since: float
    """When it came, in seconds since 1970."""
    command: str

    def json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "id": self.ident,
            "state": str(self.state),
            "owner": self.owner,
            "vo": self.vo,
            "priority": self.priority,
            "pilot": self.pilot,
            "left": self.left,
            "since": self.since,
            "command": self.command,
        }

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Line":
        """The line of JSON data."""
        with_types(data, id=str, state=str, owner=str, vo=str, priority=int, pilot=str, left=int, since=float)
        return cls(
            data["id"],
            State(data["state"]),
            data["owner"],
            data["vo"],
            data["priority"],
            data["pilot"],
            data["left"],
            data["since"],
            str(data["command"]),
        )
