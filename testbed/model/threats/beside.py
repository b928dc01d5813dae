"""Attacks on what runs beside: Bob's payload, the pilot, and what the pilot's framework keeps running."""

from typing import Any

from testbed.model.attack import CORE_ELSEWHERE, TRACING, Attack, Chance, Stage, Threat
from testbed.model.kernel import Kernel
from testbed.model.measure import Measure
from testbed.model.mode import Mode

UID = "proc(5), kill(2), path_resolution(7): one uid may read, trace and signal itself, another may not"
VIEW = "pid_namespaces(7), mount_namespaces(7): what is not in the namespace has no name there"


def _hidden(mode: Mode, kernel: Kernel) -> Chance | None:
    """With hidepid only processes of the same uid are seen."""
    return Chance.BLOCKED if kernel.hidepid and mode is Mode.SETUID else None


def _beside(attack: Attack, number: str, says: str, letters: str, why: str, **more: Any) -> Threat:
    return Threat(attack, number, Stage.BESIDE, says, letters, why, **more)


HIDEPID = {Measure.HIDEPID: (Mode.SETUID,)}
NETWORK = {Measure.NETWORK_NAMESPACE: (Mode.CONTAINER,)}
CAREFUL = {Measure.CAREFUL_PILOT: (Mode.SETUID,)}

BESIDE = (
    _beside(Attack.BOBS_PROXY, "A41", "read Bob's proxy", "SSBBB", UID),
    _beside(Attack.BOBS_FILE, "A25", "read a file of Bob's, mode 0600", "SSBBB", UID),
    _beside(
        Attack.BOBS_OPEN_FILE,
        "A25",
        "read a file of Bob's, mode 0644, in his home",
        "SSBBB",
        "path_resolution(7): a home of mode 0700 is passed by its account only; a container has a home of its own",
    ),
    _beside(Attack.BOBS_ENVIRONMENT, "A02", "read the environment of Bob's process", "SSBBB", UID),
    _beside(
        Attack.BOBS_COMMAND_LINE,
        "A03",
        "read a secret in the command line of Bob's process",
        "SSSBB",
        "proc(5): command lines are for everybody, unless /proc is mounted with hidepid",
        settings=_hidden,
        measures=HIDEPID,
    ),
    _beside(Attack.BOBS_PROCESS, "A06", "signal Bob's process", "SSBBB", UID),
    _beside(
        Attack.BOBS_MEMORY,
        "A04",
        "read the memory of Bob's process (/proc/PID/mem, or by tracing it)",
        "SSBBB",
        f"ptrace(2); {UID}",
        settings=TRACING,
    ),
    _beside(
        Attack.BOBS_DESCRIPTOR,
        "A05",
        "take an open file out of Bob's process (pidfd_getfd, or by /proc)",
        "SSBBB",
        f"pidfd_getfd(2), or a file opened anew by /proc/PID/fd, which Yama lets pass (kernel, Yama.rst); {UID}",
    ),
    _beside(Attack.BOBS_SEGMENT, "A16", "attach a SysV segment of Bob's, mode 0600", "SSBBB", "sysvipc(7)"),
    _beside(
        Attack.BOBS_OPEN_SEGMENT,
        "A16",
        "attach a SysV segment of Bob's, mode 0666",
        "SSSBB",
        "sysvipc(7): its mode decides, an ipc namespace hides it",
    ),
    _beside(
        Attack.BOBS_MESSAGES,
        "A16",
        "take a message out of Bob's SysV message queue, mode 0600",
        "SSBBB",
        "sysvipc(7)",
    ),
    _beside(
        Attack.BOBS_OPEN_MESSAGES,
        "A16",
        "take a message out of Bob's SysV message queue, mode 0666",
        "SSSBB",
        "sysvipc(7): its mode decides, an ipc namespace hides it",
    ),
    _beside(Attack.BOBS_SHARED_MEMORY, "A17", "read Bob's POSIX shared memory, mode 0600", "SSBBB", "shm_overview(7)"),
    _beside(
        Attack.BOBS_OPEN_SHARED_MEMORY,
        "A17",
        "read Bob's POSIX shared memory, mode 0666",
        "SSSBB",
        "shm_overview(7): a file in /dev/shm, which an ipc namespace does not cover, a private /dev/shm does",
        measures={Measure.PRIVATE_TMP: (Mode.SETUID,)},
    ),
    _beside(
        Attack.BOBS_FILE_IN_TMP,
        "A66",
        "put a file of its own in the place of Bob's in /tmp or /var/tmp",
        "SSBBB",
        "rename(2), inode(7): in a sticky folder a name belongs to the owner of its file; a container has folders of "
        "its own",
    ),
    _beside(
        Attack.BOBS_GROUP_FILE,
        "A29",
        "write into a file of Bob's in /tmp, made with the umask that his payload has, by the group",
        "SSBBB",
        "umask(2): accounts of one pool have one group; the switch gives its payloads 022, as gLExec",
    ),
    _beside(
        Attack.BOBS_QUEUE,
        "A17",
        "take a message out of Bob's POSIX message queue, mode 0600",
        "SSBBB",
        "mq_overview(7), ipc_namespaces(7)",
    ),
    _beside(
        Attack.BOBS_OPEN_QUEUE,
        "A17",
        "take a message out of Bob's POSIX message queue, mode 0666",
        "SSSBB",
        "mq_overview(7): its mode decides; ipc_namespaces(7): queues of POSIX belong to the ipc namespace",
    ),
    _beside(Attack.PILOTS_PROXY, "A01", "read the pilot's own proxy", "SSBBB", UID),
    _beside(Attack.PILOTS_ENVIRONMENT, "A02", "read the environment of the pilot", "SSBBB", UID),
    _beside(
        Attack.PILOTS_COMMAND_LINE,
        "A03",
        "read a secret in the command line of a daemon of the pilot's",
        "SSSBB",
        "proc(5): command lines are for everybody, unless /proc is mounted with hidepid",
        settings=_hidden,
        measures=HIDEPID,
    ),
    _beside(Attack.PILOTS_PROCESS, "A06", "stop a daemon of the pilot's by a signal", "SSBBB", UID),
    _beside(
        Attack.PILOTS_MEMORY,
        "A04",
        "read the memory of a daemon of the pilot's (/proc/PID/mem, or by tracing it)",
        "SSBBB",
        f"ptrace(2); {UID}",
        settings=TRACING,
    ),
    _beside(
        Attack.PILOTS_DESCRIPTOR,
        "A05",
        "take the open proxy out of a daemon of the pilot's (pidfd_getfd, or by /proc)",
        "SSBBB",
        f"pidfd_getfd(2), or a file opened anew by /proc/PID/fd, which Yama lets pass (kernel, Yama.rst); {UID}",
    ),
    _beside(
        Attack.PILOTS_LIMITS,
        "A10",
        "change nice value, processors and limits of a daemon of the pilot's",
        "SSBBB",
        f"setpriority(2), sched_setaffinity(2), prlimit(2): the same uid; {VIEW}",
    ),
    _beside(
        Attack.PILOTS_PROGRAM,
        "A08",
        "overwrite the pilot's program, or put another in its place",
        "SSBBB",
        f"path_resolution(7); {VIEW}",
    ),
    _beside(
        Attack.PILOTS_OPEN_FOLDER,
        "A09",
        "write into a folder of the pilot's that its framework made world-writable, told of it or looking for such",
        "SSSBB",
        "PanDA's pilot made its home and job files 0777; path_resolution(7)",
        measures=CAREFUL,
    ),
    _beside(
        Attack.PILOTS_GROUP_FILE,
        "A29",
        "read a file that the pilot made with umask 002, by the group",
        "SSBBB",
        "path_resolution(7): another group, unless the site maps to a common one (HTCondor #2907)",
    ),
    _beside(
        Attack.PILOTS_CORE,
        "A23",
        "have a daemon of the pilot's dump core, and read that",
        "SSBBB",
        f"core(5); {UID}",
        settings=CORE_ELSEWHERE,
    ),
    _beside(
        Attack.PILOTS_ABSTRACT_SOCKET,
        "A18",
        "connect to an abstract socket of the pilot's and be served",
        "SSSSB",
        "unix(7): abstract names belong to the network namespace, and have neither owner nor mode",
        measures={**NETWORK, Measure.PEER_CREDENTIALS: (Mode.SETUID,)},
    ),
    _beside(
        Attack.PILOTS_LOOPBACK,
        "A19",
        "connect to a loopback service of the pilot's and be served",
        "SSSSB",
        "ip(7): loopback belongs to the network namespace, and has neither owner nor mode",
        measures=NETWORK,
    ),
    _beside(
        Attack.PILOTS_BATCH_COOKIE,
        "A28",
        "read the batch system's job cookie and spool of the pilot's job",
        "SSBBB",
        f"path_resolution(7); EGI-SVG-2011-3094; {VIEW}",
    ),
)
