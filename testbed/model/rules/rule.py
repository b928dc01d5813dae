"""One documented behaviour, and the outcomes that several rules have."""

from collections.abc import Callable
from dataclasses import dataclass

from testbed.model.case import Case
from testbed.model.outcome import End, Outcome


@dataclass(frozen=True, slots=True)
class Rule:
    """One documented behaviour. ``outcome`` gives ``None`` where the cell has no meaning; ``says`` is then why."""

    name: str
    says: str
    source: str
    fits: Callable[[Case], bool]
    outcome: Callable[[Case], Outcome | None]


def meaningless(case: Case) -> None:
    """The cell has no meaning."""


def as_pilot(case: Case) -> Outcome:
    """The payload runs as the pilot."""
    return Outcome(End.UNSEPARATED, 0, "pilot")


def refused(code: int) -> Callable[[Case], Outcome]:
    """The payload goes back, after this exit code of the switch."""
    return lambda case: Outcome(End.RETURNED, code)
