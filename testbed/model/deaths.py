"""Every blow that can fall, and what has to come of it: as the documentation of switch, pilot job and queue has it."""

from testbed.model.death import AGAIN, ENDED, RETURNED, Death, Step, Victim
from testbed.model.deaths_of_machines import OF_MACHINES
from testbed.model.deaths_without_switch import WITHOUT_SWITCH
from testbed.model.mode import Mode

_LEASE = 20.0
_UNREMOVED = "it has been asked already; its copy of the proxy stays, since only a switch could remove it"
_START = 45.0
"""What has been taken, and never started, has the time to start and 15 s besides."""

THROUGH_THE_SWITCH: tuple[Death, ...] = (
    Death(Victim.AGENT, Step.SENT, AGAIN, 0, False, "it had nothing", leases=0),
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
    Death(
        Victim.FRONT,
        Step.DECIDING,
        RETURNED,
        0,
        False,
        "the keeper runs nothing for a front that is gone; 137 is ambiguous, the canary works: taken for a denial",
        leases=2,
    ),
    Death(Victim.FRONT, Step.STARTED, ENDED, 1, False, "the keeper ends the payload, and records that"),
    Death(Victim.FRONT, Step.RUNNING, ENDED, 1, False, "the keeper ends the payload, and records that"),
    Death(
        Victim.FRONT,
        Step.CLEANING,
        ENDED,
        1,
        False,
        "what the payload left is ended all the same, by the keeper or by the pilot job",
    ),
    Death(
        Victim.KEEPER,
        Step.DECIDING,
        ENDED,
        1,
        False,
        "LCMAPS dies with it (PR_SET_PDEATHSIG), the front says 202, and the pilot job calls the switch once more",
    ),
    Death(Victim.KEEPER, Step.STARTED, ENDED, 1, False, "the kernel kills the payload (PR_SET_PDEATHSIG)"),
    Death(Victim.KEEPER, Step.RUNNING, ENDED, 1, False, "the kernel kills the payload (PR_SET_PDEATHSIG)"),
    Death(
        Victim.KEEPER,
        Step.CLEANING,
        ENDED,
        1,
        False,
        "what the payload left comes to the pilot job, which ends it",
    ),
    Death(Victim.NODE, Step.SENT, AGAIN, 0, False, "it had nothing", leases=0),
    Death(Victim.NODE, Step.TAKEN, AGAIN, 0, True, "nobody can say how far it had come", leases=0),
    Death(Victim.NODE, Step.DECIDING, AGAIN, 0, True, "nobody can say how far it had come", leases=0),
    Death(Victim.NODE, Step.STARTED, AGAIN, 1, True, "nobody can say how far it had come"),
    Death(Victim.NODE, Step.RUNNING, AGAIN, 1, True, "it died with the node"),
    Death(Victim.NODE, Step.ENDED, AGAIN, 1, True, "its end was known to the node only"),
    Death(Victim.NODE, Step.CLEANING, AGAIN, 1, True, "its end was known to the node only"),
    Death(
        Victim.AUTHORITY, Step.SENT, AGAIN, 0, False, "an internal error; question 4 says no, so it goes back", leases=0
    ),
    Death(
        Victim.AUTHORITY,
        Step.TAKEN,
        AGAIN,
        0,
        False,
        "an internal error; question 4 says no, so it goes back",
        leases=0,
    ),
    Death(
        Victim.AUTHORITY,
        Step.DECIDING,
        AGAIN,
        0,
        False,
        "an internal error; question 4 says no, so it goes back",
        leases=0,
    ),
    *(
        Death(Victim.AUTHORITY, step, ENDED, 1, False, "it has been asked already", modes=(Mode.LOG_ONLY,))
        for step in (Step.STARTED, Step.RUNNING, Step.ENDED)
    ),
    *(
        Death(Victim.AUTHORITY, step, ENDED, 1, False, _UNREMOVED, target=1, modes=(Mode.SETUID,))
        for step in (Step.STARTED, Step.RUNNING, Step.ENDED)
    ),
    Death(
        Victim.AUTHORITY,
        Step.CLEANING,
        ENDED,
        1,
        False,
        "the pilot job signals it itself: it has the same uid",
        within=20.0,
        modes=(Mode.LOG_ONLY,),
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
        modes=(Mode.SETUID,),
    ),
    Death(Victim.QUEUE, Step.SENT, AGAIN, 0, False, "the pilot job has lost its line, and ends", leases=0),
    Death(
        Victim.QUEUE,
        Step.TAKEN,
        AGAIN,
        0,
        True,
        "the pilot job has lost its line, and ends; the new process gives the payload its time to start",
        within=_START,
        leases=0,
    ),
    Death(
        Victim.QUEUE,
        Step.DECIDING,
        AGAIN,
        0,
        True,
        "the same; nobody is left to hear the authority's answer",
        within=_START,
        leases=0,
        modes=(Mode.LOG_ONLY,),
    ),
    Death(
        Victim.QUEUE,
        Step.DECIDING,
        AGAIN,
        0,
        True,
        "the same, after half a minute: its kill through the switch hangs as well, and is said yes to in the end",
        within=2 * _START,
        modes=(Mode.SETUID,),
    ),
    Death(
        Victim.QUEUE,
        Step.STARTED,
        AGAIN,
        1,
        True,
        "the pilot job has lost its line, ends the payload, and tells the new process",
    ),
    Death(
        Victim.QUEUE,
        Step.RUNNING,
        AGAIN,
        1,
        True,
        "the pilot job has lost its line, and ends the payload; the new process waits one lease for it",
        within=_LEASE,
    ),
    Death(Victim.QUEUE, Step.ENDED, ENDED, 1, False, "the pilot job tells the new process"),
    Death(Victim.QUEUE, Step.CLEANING, ENDED, 1, False, "the pilot job tells the new process"),
)
"""The switch is not there before it is called, nor when the payload has ended."""

DEATHS = (*THROUGH_THE_SWITCH, *WITHOUT_SWITCH, *OF_MACHINES)


def deaths(mode: Mode) -> list[Death]:
    """Those of a mode."""
    return [death for death in DEATHS if mode in death.modes]
