"""What a payload takes from everybody: processes, memory, disk. Each within limits of the testbed's own."""

from testbed.model.attack import Attack, Stage, Threat
from testbed.model.measure import Measure
from testbed.model.mode import Mode

LOAD = (
    Threat(
        Attack.MANY_PROCESSES,
        "A31",
        Stage.LOAD,
        "start so many processes that the pilot cannot start one",
        "SSBSB",
        "setrlimit(2): RLIMIT_NPROC counts by uid; here the pilot's account has a limit, as batch systems give",
    ),
    Threat(
        Attack.MUCH_MEMORY,
        "A31",
        Stage.LOAD,
        "take memory of the node beyond what its job was given",
        "SSSSB",
        "cgroups(7): without a group of its own nothing limits a payload; a machine has what it was started with",
        measures={Measure.LIMITS: (Mode.NONE, Mode.LOG_ONLY, Mode.SETUID, Mode.CONTAINER)},
    ),
    Threat(
        Attack.FULL_DISK,
        "A31",
        Stage.LOAD,
        "fill the folders that the pilot needs",
        "SSSBB",
        "one file system for all; private folders and a guest's disk have sizes of their own",
        measures={Measure.PRIVATE_TMP: (Mode.SETUID,)},
    ),
)
