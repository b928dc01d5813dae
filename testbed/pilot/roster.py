"""The pilots of fleets that are out: where, for whom, and which payloads they have in hand."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from testbed.pilot.plan import Plan


@dataclass(slots=True, eq=False)
class Out:
    """One pilot, or classic job, on its way to a node or there."""

    plan: Plan
    node: str
    owner: str = ""
    """Whose payloads it is sent for; empty: everybody's."""
    pilot: str = ""
    """Its id, once its node is reached."""
    hand: dict[str, str] = field(default_factory=dict)
    """The payloads that it has and has not started, each with its owner."""
    running: set[str] = field(default_factory=set)
    """Those that it has started."""
    had: int = 0
    """Payloads that it ever had."""

    @property
    def held(self) -> int:
        """Payloads in hand."""
        return len(self.hand) + len(self.running)

    def drop(self, payload: str) -> None:
        """It has this payload no longer."""
        self.hand.pop(payload, None)
        self.running.discard(payload)


class Roster:
    """Who is out."""

    def __init__(self) -> None:
        self._out: list[Out] = []

    def __iter__(self) -> Iterator[Out]:
        return iter(tuple(self._out))

    def add(self, out: Out) -> None:
        """One more is on its way."""
        self._out.append(out)

    def remove(self, out: Out) -> None:
        """It has ended, or never got there."""
        self._out.remove(out)

    def find(self, pilot: str) -> Out | None:
        """The pilot of this id, if it is a fleet's."""
        return next((out for out in self._out if out.pilot == pilot), None) if pilot else None

    def at(self, node: str, plan: str = "") -> list[Out]:
        """Who is at a node, or on the way there; of one fleet only."""
        return [out for out in self._out if out.node == node and plan in ("", out.plan.name)]

    def of(self, plan: str) -> list[Out]:
        """All of one fleet."""
        return [out for out in self._out if out.plan.name == plan]
