"""What a pilot works with from its first payload to its last."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from .condition import Situation
from .failure import Cause
from .modes import MODES, Mode
from .notes import Notes, Seen
from .orders import Orders
from .owner import owner_of
from .payload import Payload
from .sandbox import Sandbox
from .this_node import pilots
from .vo import Vo
from .wake import Wake


@dataclass(frozen=True, slots=True)
class Means:
    """Its orders and what follows from them, its folder, its line to the VO, and how it hears of signals."""

    orders: Orders
    sandbox: Sandbox
    vo: Vo
    wake: Wake
    mode: Mode
    owner: str
    """Whose its own proxy is."""
    notes: Notes
    until: float
    """When its time is up, by the monotonic clock."""

    @classmethod
    def of(cls, orders: Orders, sandbox: Sandbox, vo: Vo, wake: Wake) -> "Means":
        """All of it, from now on."""
        until = time.monotonic() + orders.limit
        return cls(orders, sandbox, vo, wake, MODES[orders.mode], owner_of(orders.proxy), Notes(orders.notes), until)

    def situation(self, payload: Payload | None, cause: Cause | None, seen: Seen) -> Situation:
        """What it knows when it asks whether it may."""
        return Situation(
            cause,
            owner_of(payload.proxy) if payload else "",
            self.owner,
            payload.fqans if payload else (),
            payload.vo if payload else "",
            well=seen.well,
            pilots=None if (there := pilots()) is None else there + self.orders.slots - 1,
            runs=seen.runs,
            now=datetime.now(UTC),
        )
