"""Attacks on processes of others: look at them, signal them, slow them down, read their memory and their files.

Each has {"process", "pid", "marker"}: the victim is who has ``process`` as a word of its command line, whatever number
it has here; its number on the node tells it from others that have the word as well, as who started it.
"""

import ctypes
import errno
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator, Mapping

from testbed.node.probes.files import read_of
from testbed.node.probes.finding import LARGEST, Finding, Target, blocked, by_any, succeeded, untried
from testbed.node.probes.tracing import peeked

PIDFD_GETFD = 438
"""The system call's number, the same on every machine that is newer than it."""
FEEL = 5.0
"""Seconds within which a process has stopped, or has ended with its memory written to a file; usual is a tenth."""
LOOK = 0.005
LARGEST_CORE = 64 << 20


def pid_of(target: Target) -> int:
    """The victim's number among all processes that can be seen here. Raises `ProcessLookupError` where it is not."""
    word, number = str(target["process"]).encode(), int(str(target["pid"]))
    seen = {pid: words for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if (words := words_of(pid))}
    bearers = [pid for pid, words in seen.items() if word in words and pid != os.getpid()]
    if not word or not bearers:
        said = f"none of the {len(seen)} processes whose command line can be seen here is the victim"
        raise ProcessLookupError(errno.ESRCH, said)
    return number if number in bearers else max(bearers)


def words_of(pid: int) -> list[bytes]:
    """The command line of a process; none of one that has ended, that is hidden, or that is the kernel's own."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read(LARGEST).split(b"\0")[:-1]
    except OSError:
        return []


def environ(target: Target) -> Finding:
    """Read the environment that a process was started with."""
    return read_of(f"/proc/{pid_of(target)}/environ", str(target["marker"]).encode())


def cmdline(target: Target) -> Finding:
    """Read the arguments that a process was started with."""
    return read_of(f"/proc/{pid_of(target)}/cmdline", str(target["marker"]).encode())


def send(target: Target) -> Finding:
    """Send a signal, ``signal``."""
    pid, name = pid_of(target), str(target["signal"])
    os.kill(pid, signal.Signals[name])
    return succeeded(f"process {pid} took {name}")


def stop(target: Target) -> Finding:
    """Stop a process, see it stand, and let it go on."""
    pid = pid_of(target)
    os.kill(pid, signal.SIGSTOP)
    try:
        stands = any(state(pid) == "T" for _ in looks())
    finally:
        os.kill(pid, signal.SIGCONT)
    return succeeded(f"process {pid} stood until SIGCONT") if stands else untried(f"process {pid} did not stop")


def limits(target: Target) -> Finding:
    """Change nice value, processors and limits of a process; one of them is enough."""
    pid, done, refusals = pid_of(target), [], []

    def nicer() -> None:
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid) + 1)

    def on_one() -> None:
        os.sched_setaffinity(pid, {min(os.sched_getaffinity(pid))})

    def with_less() -> None:
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft - 1, hard))

    for name, change in (("nice", nicer), ("processors", on_one), ("limits", with_less)):
        try:
            change()
            done.append(name)
        except OSError as error:
            refusals.append(error)
    if not done:
        raise refusals[0]
    return succeeded(f"process {pid} has another of each of these: {', '.join(done)}")


def memory(target: Target) -> Finding:
    """Read the memory of a process, at ``address``: by its file in /proc, and by tracing it."""
    pid, marker, address = pid_of(target), str(target["marker"]).encode(), int(str(target["address"]))

    def judged(found: bytes) -> Finding:
        if found == marker:
            return succeeded(f"{len(found)} bytes of the memory of process {pid} are the secret")
        return blocked(f"the memory of process {pid} holds something else there")

    def by_file(_: Target) -> Finding:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
            return judged(os.pread(file.fileno(), len(marker), address))

    def by_tracing(_: Target) -> Finding:
        return judged(peeked(pid, address, len(marker)))

    return by_any({"/proc": by_file, "ptrace": by_tracing}, target)


def descriptor(target: Target) -> Finding:
    """Take an open file out of a process, ``number``: by pidfd_getfd, or where a filter forbids that, by /proc."""
    pid, number, marker = pid_of(target), int(str(target["number"])), str(target["marker"]).encode()
    way, taken = "pidfd_getfd", None
    calls = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    try:
        taken = calls.syscall(PIDFD_GETFD, process, number, 0)
        if taken < 0:
            way = f"/proc, pidfd_getfd being refused: {os.strerror(ctypes.get_errno())}"
            taken = os.open(f"/proc/{pid}/fd/{number}", os.O_RDONLY)
    finally:
        os.close(process)
    try:
        content = os.pread(taken, LARGEST, 0)
    finally:
        os.close(taken)
    if marker in content:
        return succeeded(f"descriptor {number} of process {pid}, by {way}")
    return blocked(f"descriptor {number} of process {pid} leads to nothing of the victim's")


def core(target: Target) -> Finding:
    """Have a process dump its memory into the folder ``path``, and find the ``secret`` in that."""
    pid, folder = pid_of(target), str(target["path"])
    os.kill(pid, signal.SIGSEGV)
    if all(state(pid) not in ("Z", "X", "") for _ in looks()):
        return untried(f"process {pid} took SIGSEGV and did not end")
    try:
        names = [name for name in os.listdir(folder) if name.startswith("core")]
        if not names:
            return untried(f"process {pid} ended of SIGSEGV, and left no core dump in {folder}")
        with open(os.path.join(folder, names[0]), "rb") as file:
            content = file.read(LARGEST_CORE)
    except OSError as error:  # the half of it that succeeded was felt, so that it was not blocked either
        return untried(f"process {pid} ended of SIGSEGV, and its core dump is out of reach: {error}")
    if str(target["secret"]).encode() in content:
        return succeeded(f"{len(content)} bytes of {names[0]} of process {pid}, the secret among them")
    return untried(f"{len(content)} bytes of {names[0]}, and no secret in them")


def state(pid: int) -> str:
    """A letter, as ps has it; none where there is no such process."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def looks() -> Iterator[None]:
    """One moment after the other, in which something should come to be."""
    deadline = time.monotonic() + FEEL
    while time.monotonic() < deadline:
        yield
        time.sleep(LOOK)


KINDS: Mapping[str, Callable[[Target], Finding]] = {
    "environ": environ,
    "cmdline": cmdline,
    "signal": send,
    "stop": stop,
    "limits": limits,
    "memory": memory,
    "descriptor": descriptor,
    "core": core,
}
