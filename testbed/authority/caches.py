"""What keeps an answer alive that is no longer true: two copies of the policy, and remembered responses."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace

from testbed.authority.answer import Answer, Decision

PAP_POLL = 14400.0
"""Seconds between two looks of the site's PAP at the central one (poll_interval: 4 hours are recommended)."""
PDP_RETENTION = 14400.0
"""Seconds for which the PDP keeps what it has from the PAP (retentionInterval: 240 minutes)."""
RESPONSES = 600.0
"""Seconds for which the PEP daemon keeps a response."""
ENTRIES = 500
"""How many responses it keeps."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long each of the three caches keeps what it has, in seconds; 0 keeps nothing."""

    pap_poll: float = PAP_POLL
    pdp_retention: float = PDP_RETENTION
    pepd: float = RESPONSES


class Timer:
    """Comes due at a fixed rate from its start, as Argus' timers do, whether or not anybody looks."""

    def __init__(self, interval: float, now: float) -> None:
        self.interval = interval
        self.due = now + interval

    def last(self, now: float) -> float:
        """When it came due for the last time up to now."""
        return now if self.interval <= 0 else self.due + (now - self.due) // self.interval * self.interval

    def advance(self, now: float) -> None:
        """Takes note that what was due by now is done."""
        self.due = self.last(now) + self.interval


class Responses:
    """The PEP daemon's memory: Permit and Deny, the least recently used one forgotten first."""

    def __init__(self, lifetime: float = RESPONSES, entries: int = ENTRIES) -> None:
        self.lifetime = lifetime
        self._entries = entries
        self.generation = 0
        """Grows when everything is forgotten: an answer that was decided before is not remembered after."""
        self._kept: OrderedDict[Hashable, tuple[float, Answer]] = OrderedDict()

    def get(self, key: Hashable, now: float) -> Answer | None:
        """The answer that was given to this question, as long as it is remembered."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if now - kept[0] >= self.lifetime:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return replace(kept[1], cached=True)

    def put(self, key: Hashable, answer: Answer, now: float, generation: int) -> None:
        """Remembers an answer, if it is one that is remembered. Its time runs from here, however often it is used."""
        if self.lifetime > 0 and generation == self.generation and answer.decision in (Decision.PERMIT, Decision.DENY):
            self._kept[key] = (now, answer)
            self._kept.move_to_end(key)
            if len(self._kept) > self._entries:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forgets everything."""
        self._kept.clear()
        self.generation += 1

    def __len__(self) -> int:
        return len(self._kept)
