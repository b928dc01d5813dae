"""Every blow that can fall where the payload has a machine of its own, the mode vm, and what has to come of it.

Until the payload begins its switch is that of log-only. What it leaves running ends with its machine. It has run when
somebody outside of the machine has heard it say so.
"""

from testbed.model.death import AGAIN, ENDED, RETURNED, Death, Step, Victim
from testbed.model.mode import Mode

_VM = (Mode.VM,)
_LEASE, _START = 20.0, 90.0
_BOOT = 60.0
"""Seconds: a machine that boots once more on a busy node."""
_WITH_IT = "the kernel kills the launcher with the keeper, and the machine with the launcher (PR_SET_PDEATHSIG): lost"

OF_MACHINES: tuple[Death, ...] = (
    Death(
        *(Victim.AGENT, Step.BOOTING, AGAIN, 0, True),
        "the launcher finds nobody to pass the handshake on to, and ends the machine; what ran in it nobody knows",
        own=2,
        target=1,
        modes=_VM,
    ),
    Death(
        *(Victim.AGENT, Step.STARTED, AGAIN, 1, True),
        "the launcher watches the pilot, and ends the machine with it: the payload runs again elsewhere",
        own=2,
        target=1,
        results=1,
        modes=_VM,
    ),
    Death(
        *(Victim.AGENT, Step.RUNNING, AGAIN, 1, True),
        "the same, and the queue knew that it had started",
        own=2,
        target=1,
        results=1,
        modes=_VM,
    ),
    Death(
        *(Victim.AGENT, Step.ENDED, AGAIN, 1, True),
        "its end was known to nobody else: it runs again",
        own=2,
        target=1,
        results=1,
        modes=_VM,
    ),
    Death(
        *(Victim.FRONT, Step.BOOTING, RETURNED, 0, False),
        "the keeper ends the launcher; 137 is ambiguous, the canary works: taken for a denial",
        leases=2,
        modes=_VM,
    ),
    Death(
        *(Victim.FRONT, Step.RUNNING, AGAIN, 1, True),
        "the keeper ends the launcher, which does not say how its payload ended: lost",
        modes=_VM,
    ),
    Death(
        *(Victim.KEEPER, Step.BOOTING, ENDED, 1, False),
        "the kernel kills launcher and machine; the front says 202, and the pilot job calls the switch once more",
        modes=_VM,
    ),
    Death(*(Victim.KEEPER, Step.RUNNING, AGAIN, 1, True), _WITH_IT, modes=_VM),
    Death(
        *(Victim.MACHINE, Step.BOOTING, ENDED, 1, False),
        "the launcher boots another one: the payload had not begun",
        within=_BOOT,
        modes=_VM,
    ),
    Death(
        *(Victim.MACHINE, Step.STARTED, AGAIN, 1, True),
        "the launcher says that the machine is gone: lost, since nobody knows what it had done",
        modes=_VM,
    ),
    Death(
        *(Victim.MACHINE, Step.RUNNING, AGAIN, 1, True),
        "the launcher says that the machine is gone: lost, since nobody knows what it had done",
        modes=_VM,
    ),
    Death(Victim.NODE, Step.BOOTING, AGAIN, 0, True, "nobody can say how far it had come", modes=_VM),
    Death(Victim.NODE, Step.STARTED, AGAIN, 1, True, "nobody can say how far it had come", modes=_VM),
    Death(Victim.NODE, Step.RUNNING, AGAIN, 1, True, "it died with the node", modes=_VM),
    Death(Victim.NODE, Step.ENDED, AGAIN, 1, True, "its end was known to the node only", modes=_VM),
    Death(Victim.AUTHORITY, Step.BOOTING, ENDED, 1, False, "it has been asked already", within=_BOOT, modes=_VM),
    Death(Victim.AUTHORITY, Step.ENDED, ENDED, 1, False, "it has been asked already", modes=_VM),
    Death(
        *(Victim.QUEUE, Step.BOOTING, AGAIN, 0, True),
        "the pilot job has lost its line, and ends the machine; the new process gives the payload its time to start",
        within=_START,
        modes=_VM,
    ),
    Death(
        *(Victim.QUEUE, Step.STARTED, AGAIN, 1, True),
        "the pilot job has lost its line, ends the machine, and tells the new process",
        modes=_VM,
    ),
    Death(
        *(Victim.QUEUE, Step.RUNNING, AGAIN, 1, True),
        "the pilot job has lost its line, and ends the machine; the new process waits one lease for it",
        within=_LEASE,
        modes=_VM,
    ),
    Death(Victim.QUEUE, Step.ENDED, ENDED, 1, False, "the pilot job tells the new process", modes=_VM),
)
"""A payload in a machine hears no word from its node once it runs; so authority and running do not meet here."""
