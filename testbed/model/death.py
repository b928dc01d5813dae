"""Who is killed, and at which step of a payload's life: the words for it, and for what comes of it."""

from dataclasses import dataclass
from enum import StrEnum

from testbed.model.mode import Mode

SWITCHED = (Mode.LOG_ONLY, Mode.SETUID)


class Victim(StrEnum):
    """Who gets SIGKILL."""

    AGENT = "agent"
    """The pilot job."""
    FRONT = "front"
    """The glexec that the pilot job has started, which waits: the caller's process."""
    KEEPER = "keeper"
    """The glexec behind it, which asks LCMAPS, and later waits for the payload: root's, where it is set-id."""
    MACHINE = "machine"
    """The payload's virtual machine, in the mode vm: QEMU."""
    NODE = "node"
    """The worker node with all that runs on it."""
    AUTHORITY = "authority"
    """The service that the switch asks, at every endpoint."""
    QUEUE = "queue"
    """The VO's process; it is begun anew."""


class Step(StrEnum):
    """Where the payload stands then. Each is reached by waiting for it, and held until the blow has fallen."""

    SENT = "sent"
    """The pilot job is on the node and has asked for nothing."""
    TAKEN = "taken"
    """It has the payload, and calls the switch, which has not begun; without a switch the payload has not."""
    DECIDING = "deciding"
    """The switch asks the authority, which says nothing."""
    BOOTING = "booting"
    """The payload's virtual machine is there, and has not begun it."""
    STARTED = "started"
    """The payload runs; nobody has told the VO."""
    RUNNING = "running"
    """The payload runs, and the VO knows."""
    ENDED = "ended"
    """The payload has ended; nobody has told the VO."""
    CLEANING = "cleaning"
    """The payload has ended, and what it left running is being ended."""


AGAIN, ENDED, RETURNED = "queued", "ended", "returned"
"""How the queue has a payload with one attempt left, once it is in nobody's hands."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left on the node."""

    processes: int
    """Of the payload and of the switch that ran it."""
    killable: int
    """How many of them the pilot account may signal."""
    files: int
    """Of all the site's accounts, in shared folders and homes."""
    proxies: int
    readable: int
    """How many of them the pilot account can read."""
    leases: int
    """Pool accounts that are somebody's, on the node and at the authority."""
    machines: int
    """Virtual machines."""


@dataclass(frozen=True, slots=True)
class Death:
    """One blow, and what has to come of it."""

    victim: Victim
    step: Step
    then: str
    """`AGAIN`, `ENDED` or `RETURNED`."""
    ran: int
    """How often the payload has begun by then."""
    doubt: bool
    """Whether its history says that it may have run."""
    why: str
    running: int = 0
    """Processes that go on."""
    fronts: int = 0
    """Those among them that are the pilot account's in the mode setuid as well."""
    own: int = 0
    """Proxies that the pilot job leaves behind: its own, and its copy of the user's."""
    target: int = 0
    """Proxies that the switch has made for the payload."""
    within: float = 15.0
    """Seconds until the queue knows; a lease is 3 s here."""
    leases: int = 1
    """Of the users' and the pilot's: who was let in keeps the account (docs/authority.md), whoever is killed."""
    machines: int = 0
    """Virtual machines that go on."""
    results: int = 0
    """Files in which launchers of machines say how these are."""
    modes: tuple[Mode, ...] = SWITCHED
    """Where it counts."""

    def __str__(self) -> str:
        """As cells are called: ``agent-running``."""
        return f"{self.victim}-{self.step}"

    def left(self, mode: Mode) -> Left:
        """What is left in a mode: where nothing is kept apart, all of it is within the pilot account's reach."""
        apart = mode is Mode.SETUID
        proxies = self.own + self.target
        killable = self.fronts if apart else self.running
        readable = self.own if apart else proxies
        leases = 0 if mode is Mode.NONE else self.leases
        return Left(self.running, killable, proxies + self.results, proxies, readable, leases, self.machines)
