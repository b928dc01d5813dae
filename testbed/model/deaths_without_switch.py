"""Every blow that can fall where no switch is called, the mode none, and what has to come of it."""

from testbed.model.death import AGAIN, ENDED, Death, Step, Victim
from testbed.model.mode import Mode

_NONE = (Mode.NONE,)
_LEASE, _START = 20.0, 45.0
_UNKNOWN = "nobody can say how far it had come"

WITHOUT_SWITCH: tuple[Death, ...] = (
    Death(Victim.AGENT, Step.SENT, AGAIN, 0, False, "it had nothing", modes=_NONE),
    Death(
        *(Victim.AGENT, Step.TAKEN, AGAIN, 0, True),
        "the start handshake finds nobody to tell, and SIGPIPE ends the shell before it is the payload",
        own=2,
        modes=_NONE,
    ),
    Death(
        *(Victim.AGENT, Step.STARTED, AGAIN, 1, True),
        "the handshake was said and not heard: it runs on, unwatched, and runs again elsewhere",
        running=1,
        own=2,
        modes=_NONE,
    ),
    Death(
        *(Victim.AGENT, Step.RUNNING, AGAIN, 1, True),
        "the same, and the queue knew that it had started: nobody is left to end it when its time is up",
        running=1,
        own=2,
        modes=_NONE,
    ),
    Death(
        *(Victim.AGENT, Step.ENDED, AGAIN, 1, True),
        "its end was known to nobody else: it runs again",
        own=2,
        modes=_NONE,
    ),
    Death(
        *(Victim.AGENT, Step.CLEANING, AGAIN, 1, True),
        "the same, and what the payload left runs on",
        running=1,
        own=2,
        modes=_NONE,
    ),
    Death(Victim.NODE, Step.SENT, AGAIN, 0, False, "it had nothing", modes=_NONE),
    Death(Victim.NODE, Step.TAKEN, AGAIN, 0, True, _UNKNOWN, modes=_NONE),
    Death(Victim.NODE, Step.STARTED, AGAIN, 1, True, _UNKNOWN, modes=_NONE),
    Death(Victim.NODE, Step.RUNNING, AGAIN, 1, True, "it died with the node", modes=_NONE),
    Death(Victim.NODE, Step.ENDED, AGAIN, 1, True, "its end was known to the node only", modes=_NONE),
    Death(Victim.NODE, Step.CLEANING, AGAIN, 1, True, "its end was known to the node only", modes=_NONE),
    Death(Victim.QUEUE, Step.SENT, AGAIN, 0, False, "the pilot job has lost its line, and ends", modes=_NONE),
    Death(
        *(Victim.QUEUE, Step.TAKEN, AGAIN, 0, True),
        "the pilot job has lost its line, and ends; the new process gives the payload its time to start",
        within=_START,
        modes=_NONE,
    ),
    Death(
        *(Victim.QUEUE, Step.STARTED, AGAIN, 1, True),
        "the pilot job has lost its line, ends the payload, and tells the new process",
        modes=_NONE,
    ),
    Death(
        *(Victim.QUEUE, Step.RUNNING, AGAIN, 1, True),
        "the pilot job has lost its line, and ends the payload; the new process waits one lease for it",
        within=_LEASE,
        modes=_NONE,
    ),
    Death(Victim.QUEUE, Step.ENDED, ENDED, 1, False, "the pilot job tells the new process", modes=_NONE),
    Death(Victim.QUEUE, Step.CLEANING, ENDED, 1, False, "the pilot job tells the new process", modes=_NONE),
)
"""There is no switch, and nobody asks an authority."""
