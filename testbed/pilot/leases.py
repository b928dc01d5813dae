"""Until when each pilot that has a payload must be heard of, and be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

MARGIN = 15.0
"""Seconds that a pilot has, beyond a payload's own limits, to end it and to say so."""
LEASE = 60.0
"""Seconds without a word after which a payload that has started is taken from its pilot. Pilots report twice a second,
but not while they end a payload through a switch that hangs."""


@dataclass(slots=True)
class Lease:
    """Of one payload, on the monotonic clock."""

    heard: float
    done: float

    @property
    def end(self) -> float:
        """Whichever comes first."""
        return min(self.heard, self.done)


class Leases:
    """Of every payload that a pilot has, by its number."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        """``seconds`` without a word end a lease of what has started."""
        self._seconds = seconds
        self._clock = clock
        self._of: dict[int, Lease] = {}

    def begin(self, number: int, starting: float, seconds: float) -> None:
        """A pilot has it now: so many seconds to start it, and so many to run it."""
        now = self._clock()
        self._of[number] = Lease(now + starting + max(self._seconds, MARGIN), now + starting + seconds + MARGIN)

    def heard(self, number: int) -> None:
        """Its pilot has said something."""
        if number in self._of:
            self._of[number].heard = self._clock() + self._seconds

    def end(self, number: int) -> None:
        """No pilot has it any more."""
        self._of.pop(number, None)

    def over(self) -> Sequence[int]:
        """The payloads whose pilots were not heard of for too long, or take too long."""
        now = self._clock()
        return [number for number, lease in self._of.items() if now >= lease.end]
