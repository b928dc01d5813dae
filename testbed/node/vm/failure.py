"""What can become of a payload beside its own end: the launcher's words for it, and its one line."""

from dataclasses import dataclass

WORDS = {
    "usage": "the launcher was called wrongly",
    "parts": "this worker node lacks something that a machine is made of",
    "input": "what is to go into the guest is too large, or cannot be read",
    "sandbox": "the payload's files cannot be unpacked",
    "user-data": "the VO's own script for the machine failed",
    "no-boot": "no machine came up",
    "vm-lost": "QEMU was killed, or failed",
    "out-of-memory": "the guest's memory was not enough, or the host's",
    "disk-full": "the guest has no space left for files",
    "kernel-panic": "the guest's kernel gave up",
    "powered-off": "the guest was switched off, or started again, from within",
    "no-network": "the guest cannot have the network that the site has chosen",
    "time-limit": "the payload did not end in time",
    "pilot-gone": "the pilot whose payload it is has gone",
    "no-result": "the guest told no proper result",
    "output": "the launcher's own output, or a file of its, could not be written",
}
"""What can become of a payload beside its own end. testbed/node/agent/machine.py knows them too."""
BEFORE, PERHAPS, STARTED, OVER = "not started", "perhaps started", "started", "ended"
"""How far the payload got: a machine that was told to start it may have done so, whatever became of it."""
FAILED = 125
CONSOLE = "look at its console (--console FILE)"


class Failure(Exception):
    """The launcher itself failed: which kind it is, why, and what mends it."""

    def __init__(self, word: str, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.word, self.cause, self.remedy = word, cause, remedy

    def __str__(self) -> str:
        return line_of(self.word, f"{self.cause}; {self.remedy}")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a machine is of no use: which kind it is, and in words."""

    word: str
    cause: str


def line_of(word: str, said: str) -> str:
    """The one line of the launcher's own on standard error."""
    return f"[vm]: {word}: {said}".replace("\n", " ")
