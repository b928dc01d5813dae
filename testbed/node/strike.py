#!/usr/bin/env python3
"""Waits for a moment in a pilot's life and strikes there: ``strike.py SECONDS WORD...``, on a worker node, as root.

The words are done in their order; what is awaited is awaited for so many seconds all in all:

    agent=pilot-3          the pilot job of this name is there; the following is about it
    front=pilot-3          that job has a child that is the switch; the following is about it
    keeper=pilot-3         that switch has a child that is the switch as well; the following is about it
    machine=pilot-3        that job has a virtual machine below it that its payload gets, restored from the node's
                           template; the following is about it
    heard=over:pilot-3     what the job has not read yet of its payload's output has a line that begins so
    process=123            the following is about the process of this number
    path=/tmp/x            there is such a file
    said=over:/tmp/x       the file has a line that begins so
    zombie=pilot-3         what the job started has ended, and the job has not looked at it
    asks=8154              somebody here is connected to this port
    gone=pilot-3           the job is no more
    kill, stop, go         SIGKILL, SIGSTOP, SIGCONT to what was last found

Prints the process that it was about; exit code 1 names the word that did not come true.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "go": signal.SIGCONT}
ESTABLISHED = "01"
SWITCH = "glexec"
MACHINE, RESTORED = "qemu-system", "-incoming"
PIPE = 1 << 16
PAUSE = 0.01


def pids() -> Iterator[int]:
    """Every process."""
    yield from (int(name) for name in os.listdir("/proc") if name.isdecimal())


def text(pid: int, name: str) -> str:
    """A file of a process in /proc; empty when it has gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def status(pid: int) -> tuple[str, str, int]:
    """Name, state and parent of a process."""
    line = text(pid, "stat")
    if not line:
        return "", "", 0
    state, parent = line.rpartition(")")[2].split()[:2]
    return line.partition("(")[2].rpartition(")")[0], state, int(parent)


def agent(pilot: str) -> int | None:
    """The pilot job of this name; one that has ended and was not collected is none."""
    for pid in pids():
        words = text(pid, "cmdline").rstrip("\0").split("\0")
        if words[-1] == pilot and words[-2:-1] and words[-2].endswith("/agent") and status(pid)[1] != "Z":
            return pid
    return None


def child(parent: int | None, name: str = "", state: str = "") -> int | None:
    """A child of a process: of this name, in this state; without one: alive."""
    for pid in pids() if parent else ():
        called, stands, above = status(pid)
        if above == parent and called.startswith(name) and (stands == state or (not state and stands != "Z")):
            return pid
    return None


def machine(top: int | None) -> int | None:
    """The virtual machine among a process' descendants that was restored: one that boots may become the template."""
    parents = {pid: status(pid)[2] for pid in pids()} if top else {}
    found = [pid for pid in parents if status(pid)[0].startswith(MACHINE) and status(pid)[1] != "Z"]
    for pid in (each for each in found if RESTORED in text(each, "cmdline").split("\0")):
        above = pid
        while above in parents:
            above = parents[above]
            if above == top:
                return pid
    return None


def heard(what: str) -> bool:
    """Whether a pipe that a job reads has a line in it that begins so; it is looked at, and not taken out (tee(2))."""
    start, _, pilot = what.partition(":")
    if not (job := agent(pilot)):
        return False
    folder = f"/proc/{job}/fd"
    with as_owner(job):
        for name in os.listdir(folder):
            with contextlib.suppress(OSError):
                held = waiting(f"{folder}/{name}") if os.readlink(f"{folder}/{name}").startswith("pipe:") else b""
                if any(line.startswith(start.encode()) for line in held.splitlines()):
                    return True
    return False


@contextlib.contextmanager
def as_owner(pid: int) -> Iterator[None]:
    """Look as a process' own account does: a container's root may not look into what is another's (CAP_SYS_PTRACE)."""
    owner = os.stat(f"/proc/{pid}")
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def waiting(path: str) -> bytes:
    """What a pipe holds."""
    source = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    ours, copy = os.pipe()
    try:
        fcntl.fcntl(copy, fcntl.F_SETPIPE_SZ, PIPE)
        taken = ctypes.CDLL(None, use_errno=True).tee(source, copy, ctypes.c_size_t(PIPE), 2)
        return os.read(ours, taken) if taken > 0 else b""
    finally:
        for descriptor in (source, ours, copy):
            os.close(descriptor)


def asking(port: str) -> bool:
    """Whether a connection from here to this port stands."""
    wanted = f":{int(port):04X}"
    rows = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()]
    return any(row[2].endswith(wanted) and row[3] == ESTABLISHED for row in rows)


def said(what: str) -> bool:
    """Whether a file has a line that begins so."""
    start, _, path = what.partition(":")
    try:
        return any(line.startswith(start) for line in Path(path).read_text().splitlines())
    except OSError:
        return False


def found(word: str, what: str) -> int | bool | None:
    """What a word waits for: something true once it is there."""
    match word:
        case "agent":
            return agent(what)
        case "front":
            return child(agent(what), name=SWITCH)
        case "keeper":
            return child(child(agent(what), name=SWITCH), name=SWITCH)
        case "machine":
            return machine(agent(what))
        case "heard":
            return heard(what)
        case "zombie":
            return child(agent(what), state="Z")
        case "gone":
            return agent(what) is None
        case "process":
            return int(what)
        case "path":
            return os.path.exists(what)
        case "said":
            return said(what)
        case "asks":
            return asking(what)
    sys.exit(f"no such word: {word}")


def awaited(each: str, deadline: float) -> int:
    """What a word waits for, once it is there; nothing when the time is up."""
    word, _, what = each.partition("=")
    while not (seen := found(word, what)):
        if time.monotonic() >= deadline:
            return 0
        time.sleep(PAUSE)
    return int(seen)


def struck(pid: int, kind: signal.Signals) -> bool:
    """Whether somebody was there to get a signal."""
    try:
        os.kill(pid, kind)
    except ProcessLookupError:
        return False
    return True


def main(limit: float, words: list[str]) -> int:
    """Do them in their order."""
    deadline, target, last = time.monotonic() + limit, 0, ""
    for each in words:
        if each in SIGNALS:
            while not struck(target, SIGNALS[each]):  # one that was found has ended: there may be another
                if last.startswith("process=") or not (target := awaited(last, deadline)):
                    print(f"nobody was there any more for {each}: {last}", file=sys.stderr)
                    return 1
            continue
        if not (seen := awaited(each, deadline)):
            print(f"did not come true within {limit:g} s: {each}", file=sys.stderr)
            return 1
        if each.partition("=")[0] in ("agent", "front", "keeper", "machine", "process"):
            target, last = seen, each
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
