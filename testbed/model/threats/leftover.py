"""What a payload leaves behind: on the node, for the next payload, for the next holder of its account."""

from testbed.model.attack import NO_SET_ID, Attack, Stage, Threat
from testbed.model.measure import Measure
from testbed.model.mode import Mode

EPILOGUE = {Measure.EPILOGUE: (Mode.SETUID,)}
UNSEPARATED = (Mode.NONE, Mode.LOG_ONLY)
NO_LEASE = "where payloads have no account of their own none is leased: what the next finds there is of the stage after"
SVG = "EGI-SVG-2011-1474: left-over daemons"
NO_DAEMON = (
    "no container and no machine has a daemon of root's that would start a job, whoever leaves it; the raid says which "
    "processes and programs were looked through in there, and what root saw on the node"
)

AFTER = (
    Threat(
        Attack.LEFT_DAEMON,
        "A11",
        Stage.AFTER,
        "a daemon of its own (two forks, setsid) that goes on when the payload has ended",
        "SSSBB",
        f"{SVG}; pid_namespaces(7): with its first process a namespace ends",
        measures={
            **EPILOGUE,
            Measure.END_LEFTOVERS: (Mode.SETUID,),
            Measure.CAREFUL_PILOT: (*UNSEPARATED, Mode.SETUID),
        },
    ),
    Threat(
        Attack.OUTLIVED_PILOT,
        "A12",
        Stage.AFTER,
        "the payload goes on when its pilot is killed (SIGKILL)",
        "SSSBB",
        "kill(2): a dead pilot signals nobody; a container or a machine ends with its launcher (PR_SET_PDEATHSIG), "
        "which is the switch's child, and the switch waits on (observed): so both launchers watch the pilot (pidfd)",
        no_control="its pilot has to end, which is outside; root has seen the payload, or its machine, run before that",
    ),
    Threat(
        Attack.LEFT_FILE,
        "A25",
        Stage.AFTER,
        "files of mode 0600 in /tmp, /var/tmp and /dev/shm that the next payload reads",
        "SSBBB",
        "path_resolution(7): mode 0600, so only the same account reads them",
    ),
    Threat(
        Attack.LEFT_OPEN_FILE,
        "A25",
        Stage.AFTER,
        "the same files as programs make them with the usual umask 022",
        "SSSBB",
        "path_resolution(7): mode 0644, so everybody on the node reads them; gLExec gives its payloads 022 as well",
        measures={Measure.PRIVATE_TMP: (Mode.SETUID,), Measure.EPILOGUE: (Mode.SETUID,)},
    ),
    Threat(
        Attack.LEFT_SEGMENT,
        "A16",
        Stage.AFTER,
        "a SysV segment, mode 0666, that the next payload attaches",
        "SSSBB",
        "sysvipc(7): it lasts until it is removed, an ipc namespace ends with its last process",
        measures=EPILOGUE,
    ),
    Threat(
        Attack.LEFT_QUEUE,
        "A17",
        Stage.AFTER,
        "a POSIX message queue, mode 0666, out of which the next payload takes a message",
        "SSSBB",
        "mq_overview(7): it lasts until it is removed; ipc_namespaces(7): one goes with its last process",
        measures=EPILOGUE,
    ),
    Threat(
        Attack.LEFT_HOME,
        "A14",
        Stage.AFTER,
        "a start file in its account's home, executed by what the next payload starts with that as its home",
        "SSBBB",
        "the home is the account's: another account has another; a container and a guest have their own",
    ),
    Threat(
        Attack.LEFT_SET_ID_FILE,
        "A15",
        Stage.AFTER,
        "a set-id copy of a program in /tmp that makes the next payload the first one's account",
        "--SBB",
        "execve(2): set-id bits count wherever the file system is not nosuid; OSG-2026-04-30 asks to look for them; "
        "where all payloads have one account there is no other to become",
        settings=NO_SET_ID,
        measures=dict.fromkeys((Measure.TMP_NOSUID, Measure.PRIVATE_TMP, Measure.EPILOGUE), (Mode.SETUID,)),
        proved_in=Mode.SETUID,
    ),
    Threat(
        Attack.LEFT_AT_JOB,
        "A13",
        Stage.AFTER,
        "a job for at that runs when the payload has ended",
        "SSSBB",
        "at(1): a daemon of root's starts it, outside of every payload",
        measures=EPILOGUE,
        no_control=NO_DAEMON,
    ),
    Threat(
        Attack.LEFT_CRON_JOB,
        "A13",
        Stage.AFTER,
        "a crontab that stays when the payload has ended",
        "SSSBB",
        "crontab(1): a daemon of root's starts it, outside of every payload",
        measures=EPILOGUE,
        no_control=NO_DAEMON,
    ),
)

REUSED = (
    Threat(
        Attack.FORMER_FILE,
        "A26",
        Stage.REUSED,
        "Bob's payload, on the account that was Alice's, reads her files",
        "--S--",
        f"a pool account is leased anew, gridmapdir keeps only the present holder; {NO_LEASE}",
        measures={Measure.EPILOGUE: (Mode.SETUID,), Measure.PRIVATE_TMP: (Mode.SETUID,)},
        proved_in=Mode.SETUID,
    ),
    Threat(
        Attack.FORMER_HOME,
        "A14",
        Stage.REUSED,
        "Bob's payload, on the account that was Alice's, executes her start file",
        "--S--",
        f"the home is the account's, whoever holds it; {NO_LEASE}",
        measures=EPILOGUE,
        proved_in=Mode.SETUID,
    ),
    Threat(
        Attack.FORMER_PROCESS,
        "A26",
        Stage.REUSED,
        "a daemon that Alice left reads the proxy of Bob's payload, on the account that was hers",
        "--S--",
        f"{SVG}; one uid may read, trace and signal itself; {NO_LEASE}",
        measures={**EPILOGUE, Measure.END_LEFTOVERS: (Mode.SETUID,), Measure.CAREFUL_PILOT: (Mode.SETUID,)},
        proved_in=Mode.SETUID,
    ),
)

OWN = "by design: an account is a user's"
OWN_AFTER = (
    Threat(
        Attack.OWN_FORMER_FILE,
        "A27",
        Stage.AFTER,
        "Alice's next payload reads files of mode 0600 that her former one left in /tmp, /var/tmp and /dev/shm",
        "SSSBB",
        f"{OWN}; a container's folders and a machine's disk are gone with it",
        measures={Measure.EPILOGUE: (Mode.SETUID,), Measure.PRIVATE_TMP: (Mode.SETUID,)},
    ),
    Threat(
        Attack.OWN_FORMER_SEGMENT,
        "A27",
        Stage.AFTER,
        "Alice's next payload attaches a SysV segment that her former one left",
        "SSSBB",
        f"{OWN}; sysvipc(7): an ipc namespace ends with its last process, and its segments with it",
        measures=EPILOGUE,
    ),
    Threat(
        Attack.OWN_FORMER_HOME,
        "A27",
        Stage.AFTER,
        "a start file in its account's home, executed by what Alice's next payload starts with that as its home",
        "SSSBB",
        f"{OWN}, and so is its home; a container and a guest have a home each",
        measures=EPILOGUE,
    ),
    Threat(
        Attack.OWN_FORMER_PROCESS,
        "A27",
        Stage.AFTER,
        "a daemon that Alice's former payload left reads the proxy of her next one",
        "SSSBB",
        f"{OWN}; pid_namespaces(7): with its first process a namespace ends",
        measures={
            **EPILOGUE,
            Measure.END_LEFTOVERS: (Mode.SETUID,),
            Measure.CAREFUL_PILOT: (*UNSEPARATED, Mode.SETUID),
        },
    ),
)

AGAIN = (
    Threat(
        Attack.OWN_OTHER_PAYLOAD,
        "A27",
        Stage.AGAIN,
        "a payload of Alice's reads a file of her other one's, of another pilot",
        "SSSBB",
        f"{OWN}; a container's private folders and a machine of its own are a payload's",
    ),
    Threat(
        Attack.OWN_OTHER_PROCESS,
        "A27",
        Stage.AGAIN,
        "a payload of Alice's reads the environment of her other one, of another pilot",
        "SSSBB",
        f"{OWN}; process numbers and a kernel of its own are a payload's",
    ),
)
