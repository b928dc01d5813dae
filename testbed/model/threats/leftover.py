"""What a payload leaves behind: on the node, for the next payload, for the next holder of its account."""

from testbed.model.attack import NO_SET_ID, Attack, Stage, Threat
from testbed.model.measure import Measure
from testbed.model.mode import Mode

EPILOGUE = {Measure.EPILOGUE: (Mode.SETUID,)}
UNSEPARATED = (Mode.NONE, Mode.LOG_ONLY)
NO_LEASE = "where payloads have no account of their own none is leased: what the next finds there is of the stage after"
SVG = "EGI-SVG-2011-1474: left-over daemons"

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
        "a start file in its account's home that the next payload executes",
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
    ),
    Threat(
        Attack.LEFT_CRON_JOB,
        "A13",
        Stage.AFTER,
        "a crontab that stays when the payload has ended",
        "SSSBB",
        "crontab(1): a daemon of root's starts it, outside of every payload",
        measures=EPILOGUE,
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

AGAIN = (
    Threat(
        Attack.OWN_OTHER_PAYLOAD,
        "A27",
        Stage.AGAIN,
        "a payload of Alice's reads the files and the environment of her other one, of another pilot",
        "SSSBB",
        "by design: an account is a user's; a container's private folders and a machine of its own are a payload's",
    ),
)
