"""What a payload takes from everybody: processes, memory, disk. Each within limits of the testbed's own."""

from testbed.model.attack import Attack, Stage, Threat
from testbed.model.measure import Measure
from testbed.model.mode import Mode

TOOK = "the payload says what it took in there; where it took nothing the cell is not applicable"

LOAD = (
    Threat(
        Attack.MANY_PROCESSES,
        "A31",
        Stage.LOAD,
        "start so many processes that the pilot cannot start one",
        "SSBSB",
        "setrlimit(2): RLIMIT_NPROC counts by uid, of the node and not of a namespace; here the account has one, as "
        "batch systems give; the pilot itself ended, it could start no thread (observed)",
        no_control=TOOK,
    ),
    Threat(
        Attack.MUCH_MEMORY,
        "A31",
        Stage.LOAD,
        "take memory of the node beyond what its job was given",
        "SSSSB",
        "cgroups(7): without a group of its own nothing limits a payload; a machine has what it was started with, and "
        "its kernel refuses more",
        measures={Measure.LIMITS: (Mode.NONE, Mode.LOG_ONLY, Mode.SETUID, Mode.CONTAINER)},
    ),
    Threat(
        Attack.FULL_DISK,
        "A31",
        Stage.LOAD,
        "fill a folder that everybody may write, here /dev/shm, so that the pilot can write nothing there",
        "SSSBB",
        "one file system for all; a container's folders and a guest's disk have sizes of their own. Folders of its own "
        "in setuid lie below /tmp, so the load is moved there. RLIMIT_FSIZE bounds a file and not how many",
        measures={Measure.PRIVATE_TMP: (Mode.SETUID,)},
        no_control=TOOK,
    ),
    Threat(
        Attack.MANY_FILES,
        "A31",
        Stage.LOAD,
        "make so many files in a folder that everybody may write, here /var/tmp, that the pilot can make none there",
        "SSSBB",
        "statfs(2), f_ffree: a file system has so many inodes, whoever takes them; this one of the raid's has few. A "
        "container's folders and a guest's disk have their own. No limit of a process counts files",
        measures={Measure.PRIVATE_TMP: (Mode.SETUID,)},
        no_control=TOOK,
    ),
)
