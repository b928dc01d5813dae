"""What became of one payload, as a value that can be compared as a whole."""

from dataclasses import dataclass, field
from enum import StrEnum

from testbed.model.effect import Cause
from testbed.model.failure import Failure


class End(StrEnum):
    """How the pilot's handling of a payload ended."""

    SEPARATED = "ran separated"
    UNSEPARATED = "ran unseparated and said so"
    SILENT = "ran unseparated silently"
    """Always a failure: the pilot claimed a separation that did not happen."""
    RETURNED = "returned to the queue"
    LOST = "lost"
    HUNG = "hung"


class Attempt(StrEnum):
    """What an attack achieved."""

    SUCCEEDED = "succeeded"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a payload. Two outcomes are equal when the documented facts are; the rest is for the reader.

    ``code`` is what the switch or, where none is called, the payload ended with; ``ran_as`` is ``pilot``,
    ``pool NAME``, ``container``, ``guest``, or empty when it never ran.
    """

    end: End
    code: int | None = None
    ran_as: str = ""
    attack: Attempt | None = None
    account: str = field(default="", compare=False)
    """The account that the payload's own kernel named, such as ``alpha007``."""
    out: str = field(default="", compare=False)
    err: str = field(default="", compare=False)
    why: str = field(default="", compare=False)
    """What the pilot said of it."""
    bypassed: bool = field(default=False, compare=False)
    """The pilot ran it itself, past the switch."""
    cause: Cause | None = field(default=None, compare=False)
    """Why the switch ran nothing, where it was told."""
    guess: Failure | None = field(default=None, compare=False)
    """What the pilot took that for; ``None``: the switch was not called."""
    told: str = field(default="", compare=False)
    """What its owner is told of it."""
    seconds: float = field(default=0.0, compare=False)
    """From the queue to its end, the pilot's way to the node included."""
    machine: str = field(default="", compare=False)
    """The virtual machine that it ran in: how it was started, under which accelerator."""

    def __str__(self) -> str:
        words = [str(self.end)]
        if self.ran_as:
            words.append(f"as {self.ran_as}" + (f" ({self.account})" if self.account else ""))
        if self.code is not None:
            words.append(f"code {self.code}")
        if self.attack is not None:
            words.append(f"attack {self.attack}")
        if self.machine:
            words.append(f"machine {self.machine}")
        return ", ".join(words)

    @property
    def protects(self) -> bool:
        """Whether the site's users were protected: no attack got through, nothing ran with another's identity."""
        if self.attack is not None:
            return self.attack is Attempt.BLOCKED
        return self.end in (End.SEPARATED, End.RETURNED)
