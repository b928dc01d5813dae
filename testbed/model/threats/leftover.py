"""What a payload leaves behind: on the node, for the next payload, for the next holder of its account."""

from testbed.model.attack import NO_SET_ID, Attack, Stage, Threat
from testbed.model.measure import Measure
from testbed.model.mode import Mode

EPILOGUE = {Measure.EPILOGUE: (Mode.SETUID,)}
SVG = "EGI-SVG-2011-1474: left-over daemons"

AFTER = (
    Threat(
        Attack.LEFT_DAEMON,
        "A11",
        Stage.AFTER,
        "a daemon of its own (two forks, setsid) that goes on when the payload has ended",
        "SSSBB",
        f"{SVG}; pid_namespaces(7): with its first process a namespace ends",
        measures=EPILOGUE,
    ),
    Threat(
        Attack.OUTLIVED_PILOT,
        "A12",
        Stage.AFTER,
        "the payload goes on when its pilot is killed (SIGKILL)",
        "SSSBB",
        "kill(2): the pilot cannot signal another uid, and nobody else is told; --die-with-parent, PR_SET_PDEATHSIG",
    ),
    Threat(
        Attack.LEFT_FILE,
        "A25",
        Stage.AFTER,
        "files in /tmp, /var/tmp and /dev/shm that the next payload reads",
        "SSBBB",
        "path_resolution(7): mode 0600, so only the same account reads them",
        measures={Measure.PRIVATE_TMP: (Mode.SETUID,)},
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
        Attack.LEFT_HOME,
        "A14",
        Stage.AFTER,
        "a start file in its home that the next payload's shell and Python execute",
        "SSBBB",
        "the home is the account's: another account has another; a container and a guest have their own",
    ),
    Threat(
        Attack.LEFT_SET_ID_FILE,
        "A15",
        Stage.AFTER,
        "a set-id copy of a program in /tmp that makes the next payload the first one's account",
        "SSSBB",
        "execve(2): set-id bits count wherever the file system is not nosuid; OSG-2026-04-30 asks to look for them",
        settings=NO_SET_ID,
        measures={Measure.TMP_NOSUID: (Mode.NONE, Mode.LOG_ONLY, Mode.SETUID), Measure.PRIVATE_TMP: (Mode.SETUID,)},
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
        "SSSBB",
        "a pool account is leased anew; gridmapdir keeps only the present holder",
        measures={Measure.EPILOGUE: (Mode.SETUID,), Measure.PRIVATE_TMP: (Mode.SETUID,)},
    ),
    Threat(
        Attack.FORMER_HOME,
        "A14",
        Stage.REUSED,
        "Bob's payload, on the account that was Alice's, executes her start file",
        "SSSBB",
        "the home is the account's, whoever holds it",
        measures=EPILOGUE,
    ),
    Threat(
        Attack.FORMER_PROCESS,
        "A26",
        Stage.REUSED,
        "a daemon that Alice left reads the proxy of Bob's payload, on the account that was hers",
        "SSSBB",
        f"{SVG}; one uid may read, trace and signal itself",
        measures=EPILOGUE,
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
