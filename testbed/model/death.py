"""Who is killed, and at which step of a payload's life: what has to come of it, and why."""

from dataclasses import dataclass
from enum import StrEnum

from testbed.model.mode import Mode


class Victim(StrEnum):
    """Who gets SIGKILL."""

    AGENT = "agent"
    """The pilot job."""
    FRONT = "front"
    """The glexec that the pilot job has started, which waits: the caller's process."""
    KEEPER = "keeper"
    """The glexec behind it, which asks LCMAPS, and later waits for the payload: root's, where it is set-id."""
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
    """It has the payload, and calls the switch, which has not begun."""
    DECIDING = "deciding"
    """The switch asks the authority, which says nothing."""
    STARTED = "started"
    """The payload runs; nobody has told the VO."""
    RUNNING = "running"
    """The payload runs, and the VO knows."""
    ENDED = "ended"
    """The payload has ended; nobody has told the VO."""
    CLEANING = "cleaning"
    """The payload has ended, and what it left running is being ended."""


AGAIN, ENDED = "queued", "ended"
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


@dataclass(frozen=True, slots=True)
class Death:
    """One blow, and what has to come of it."""

    victim: Victim
    step: Step
    then: str
    """`AGAIN` or `ENDED`."""
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
    within: float = 5.0
    """Seconds until the queue knows; a lease is 3 s here."""
    mode: Mode | None = None
    """Where it counts; `None`: in both modes."""

    def __str__(self) -> str:
        """As cells are called: ``agent-running``."""
        return f"{self.victim}-{self.step}"

    def left(self, mode: Mode) -> Left:
        """What is left in a mode: where nothing is kept apart, all of it is within the pilot account's reach."""
        apart = mode is Mode.SETUID
        proxies = self.own + self.target
        killable = self.fronts if apart else self.running
        return Left(self.running, killable, proxies, proxies, self.own if apart else proxies)


_LEASE = 8.0
_START = 40.0
"""What has been taken, and never started, has the time to start and 15 s besides."""

DEATHS: tuple[Death, ...] = (
    Death(Victim.AGENT, Step.SENT, AGAIN, 0, False, "it had nothing"),
    Death(
        Victim.AGENT,
        Step.TAKEN,
        AGAIN,
        0,
        True,
        "the switch goes on alone; the start handshake finds nobody to tell, and SIGPIPE ends it before the payload",
        own=2,
        target=1,
    ),
    Death(Victim.AGENT, Step.DECIDING, AGAIN, 0, True, "the same, once the authority has said yes", own=2, target=1),
    Death(
        Victim.AGENT,
        Step.STARTED,
        AGAIN,
        1,
        True,
        "the handshake was said and not heard: it runs on, unwatched, and runs again elsewhere",
        running=3,
        fronts=1,
        own=2,
        target=1,
    ),
    Death(
        Victim.AGENT,
        Step.RUNNING,
        AGAIN,
        1,
        True,
        "the same, and the queue knew that it had started: nobody is left to end it when its time is up",
        running=3,
        fronts=1,
        own=2,
        target=1,
    ),
    Death(
        Victim.AGENT,
        Step.ENDED,
        AGAIN,
        1,
        True,
        "its end was known to nobody else: it runs again",
        own=2,
        target=1,
    ),
    Death(
        Victim.AGENT,
        Step.CLEANING,
        AGAIN,
        1,
        True,
        "the same, and what the payload left runs on; with end_leftovers = yes the switch would have ended it",
        running=1,
        own=2,
        target=1,
    ),
    Death(Victim.FRONT, Step.DECIDING, AGAIN, 0, False, "the keeper runs nothing for a front that is gone"),
    Death(Victim.FRONT, Step.STARTED, ENDED, 1, False, "the keeper ends the payload, and records that", target=1),
    Death(Victim.FRONT, Step.RUNNING, ENDED, 1, False, "the keeper ends the payload, and records that", target=1),
    Death(
        Victim.FRONT,
        Step.CLEANING,
        ENDED,
        1,
        False,
        "what the payload left is ended all the same, by the keeper or by the pilot job",
        target=1,
    ),
    Death(Victim.KEEPER, Step.DECIDING, AGAIN, 0, False, "LCMAPS dies with it (PR_SET_PDEATHSIG): nothing is run"),
    Death(Victim.KEEPER, Step.STARTED, ENDED, 1, False, "the kernel kills the payload (PR_SET_PDEATHSIG)", target=1),
    Death(Victim.KEEPER, Step.RUNNING, ENDED, 1, False, "the kernel kills the payload (PR_SET_PDEATHSIG)", target=1),
    Death(
        Victim.KEEPER,
        Step.CLEANING,
        ENDED,
        1,
        False,
        "what the payload left comes to the pilot job, which ends it through the switch",
        target=1,
    ),
    Death(Victim.NODE, Step.SENT, AGAIN, 0, False, "it had nothing"),
    Death(Victim.NODE, Step.TAKEN, AGAIN, 0, True, "nobody can say how far it had come"),
    Death(Victim.NODE, Step.DECIDING, AGAIN, 0, True, "nobody can say how far it had come"),
    Death(Victim.NODE, Step.STARTED, AGAIN, 1, True, "nobody can say how far it had come"),
    Death(Victim.NODE, Step.RUNNING, AGAIN, 1, True, "it died with the node"),
    Death(Victim.NODE, Step.ENDED, AGAIN, 1, True, "its end was known to the node only"),
    Death(Victim.NODE, Step.CLEANING, AGAIN, 1, True, "its end was known to the node only"),
    Death(Victim.AUTHORITY, Step.SENT, AGAIN, 0, False, "an internal error; question 4 says no, so it goes back"),
    Death(Victim.AUTHORITY, Step.TAKEN, AGAIN, 0, False, "an internal error; question 4 says no, so it goes back"),
    Death(Victim.AUTHORITY, Step.DECIDING, AGAIN, 0, False, "an internal error; question 4 says no, so it goes back"),
    Death(Victim.AUTHORITY, Step.STARTED, ENDED, 1, False, "it has been asked already", target=1),
    Death(Victim.AUTHORITY, Step.RUNNING, ENDED, 1, False, "it has been asked already", target=1),
    Death(Victim.AUTHORITY, Step.ENDED, ENDED, 1, False, "it has been asked already", target=1),
    Death(
        Victim.AUTHORITY,
        Step.CLEANING,
        ENDED,
        1,
        False,
        "the pilot job signals it itself: it has the same uid",
        target=1,
        within=12.0,
        mode=Mode.LOG_ONLY,
    ),
    Death(
        Victim.AUTHORITY,
        Step.CLEANING,
        ENDED,
        1,
        False,
        "no switch without an authority, so the pilot job cannot end it, and says so",
        running=1,
        target=1,
        within=40.0,
        mode=Mode.SETUID,
    ),
    Death(Victim.QUEUE, Step.SENT, AGAIN, 0, False, "the pilot job has lost its line, and ends"),
    Death(
        Victim.QUEUE,
        Step.TAKEN,
        AGAIN,
        0,
        True,
        "the pilot job has lost its line, and ends; the new process gives the payload its time to start",
        within=_START,
    ),
    Death(Victim.QUEUE, Step.DECIDING, AGAIN, 0, True, "the same", within=_START),
    Death(
        Victim.QUEUE,
        Step.STARTED,
        AGAIN,
        1,
        True,
        "the pilot job has lost its line, ends the payload, and tells the new process",
        target=1,
    ),
    Death(
        Victim.QUEUE,
        Step.RUNNING,
        AGAIN,
        1,
        True,
        "the pilot job has lost its line, and ends the payload; the new process waits one lease for it",
        target=1,
        within=_LEASE,
    ),
    Death(Victim.QUEUE, Step.ENDED, ENDED, 1, False, "the pilot job tells the new process", target=1),
    Death(Victim.QUEUE, Step.CLEANING, ENDED, 1, False, "the pilot job tells the new process", target=1),
)
"""Every blow that can fall: the switch is not there before it is called, nor when the payload has ended."""


def deaths(mode: Mode) -> list[Death]:
    """Those of a mode."""
    return [death for death in DEATHS if death.mode in (None, mode)]
