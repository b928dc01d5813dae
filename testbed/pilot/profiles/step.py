"""What a client does next, and why."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Moment(StrEnum):
    """Where in its work a client is when it has to decide."""

    START = "at its start"
    MISSING = "glexec is not there"
    EXPIRED = "the payload's proxy has expired"
    SETUP = "after preparing the payload's folder through the switch"
    PROBE = "after trying the switch"
    RUN = "after the call for the payload"
    CLEANUP = "after fetching the payload's folder back through the switch"


class Step(StrEnum):
    """The steps that clients take."""

    CALL = "calls the switch"
    RETRY = "calls again"
    REPAIR = "mends its call, and calls again"
    CANARY = "tries the switch with the pilot's own credential"
    DONE = "takes the result for the payload's"
    WITHOUT = "runs the payload without the switch, as configured"
    IN_PROCESS = "runs the payload itself, and tells nobody"
    BYPASS = "runs the payload itself, and says so"
    HOLD = "holds the payload's job"
    RETURN = "gives the payload back"
    FAIL = "fails the payload"
    STOP = "ends the pilot"
    WAIT = "waits for ever"


GO_ON = (Step.CALL, Step.RETRY, Step.REPAIR, Step.CANARY)
"""After these there is another decision; the others are ends."""
UNSEPARATED = (Step.WITHOUT, Step.IN_PROCESS, Step.BYPASS)
"""The payload runs, as the pilot."""


@dataclass(frozen=True, slots=True)
class Next:
    """One decision. ``moment`` is what comes after a call; ``low`` and ``high`` bound the seconds before it."""

    step: Step
    why: str
    moment: Moment | None = None
    low: float = 0.0
    high: float = 0.0

    @property
    def ends(self) -> bool:
        """Whether this is the last word on the payload."""
        return self.step not in GO_ON

    @property
    def unseparated(self) -> bool:
        """Whether the payload runs with the pilot's uid and without the switch."""
        return self.step in UNSEPARATED

    def scaled(self, factor: float) -> "Next":
        """The same with its pauses shortened, since nobody wants to wait minutes for a cell.

        >>> Next(Step.RETRY, "", low=5, high=15).scaled(0.01).high
        0.15
        """
        return replace(self, low=self.low * factor, high=self.high * factor)
