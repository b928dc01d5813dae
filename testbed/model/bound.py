"""How long a pilot may take over one payload: what is documented of its ways, and what a busy machine adds.

Nobody documents a pilot's own speed; the seconds that a fault makes a call wait are those of its consequence.
"""

from dataclasses import dataclass

from testbed.model.case import Case
from testbed.model.consequence import OVERHEAD
from testbed.model.mode import WAYS, Mode

ERRAND = 2.0
"""Seconds from the queue to the node and back with the last word, calls and payload aside (observed: 0.1 to 0.4)."""
BOOT = 25.0
"""Seconds until the payload of a virtual machine runs: emulated, on a busy machine, begun twice (observed: 3 to 10)."""
CALLS = 2
"""Of the switch, for one payload: the payload's own, and a canary or the clean-up as its account."""
FACTOR, ALLOWANCE = 3.0, 10.0
"""A bound is so many times what is documented, and so many seconds: a machine that does much else is no deviation.

It is still far below what a payload that hangs costs (our choice). Observed with four times too much to do: less than
half of what is documented.
"""
PATIENCE = 30.0
"""Seconds for which a module waits for a service where the site's policy says nothing (PEP-C, its default)."""


@dataclass(frozen=True, slots=True)
class Bound:
    """For one pilot with one payload that ends at once."""

    documented: float
    """Seconds."""

    @property
    def seconds(self) -> float:
        """Who takes longer deviates."""
        return FACTOR * self.documented + ALLOWANCE


def bound(case: Case, patience: float = PATIENCE, *, retries: int = 0, pause: float = 0.0) -> Bound:
    """The bound of a case whose modules wait ``patience`` seconds for a service.

    Each retry of the pilot's is one more call, after a pause of up to ``pause`` seconds times its number.
    """
    documented = ERRAND + (BOOT if case.cell.mode is Mode.VM else 0.0)
    if WAYS[case.cell.mode].calls_switch:
        documented += (CALLS + retries) * call_seconds(case, patience)
        documented += pause * retries * (retries + 1) / 2
    return Bound(documented)


def call_seconds(case: Case, patience: float) -> float:
    """Within which a call of the switch has ended."""
    if case.on_node:
        return case.on_node.seconds
    if case.consequence:
        return case.consequence.bound(case.cell.authority, patience, case.endpoints)
    return OVERHEAD
