#!/usr/bin/env python3
"""Waits for a moment in a pilot's life and strikes there: ``strike.py SECONDS WORD...``, on a worker node, as root.

The words are done in their order; what is awaited is awaited for so many seconds all in all:

    agent=pilot-3          the pilot job of this name is there; the following is about it
    front=pilot-3          that job has a child that is the switch; the following is about it
    keeper=pilot-3         that switch has a child that is the switch as well; the following is about it
    machine=pilot-3        that job has a virtual machine below it; the following is about it
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
MACHINE = "qemu-system"
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
        if words[-1] == pilot and words[-2:-1] and words[-2].endswith("/agent.py") and status(pid)[1] != "Z":
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
    """The virtual machine among a process' descendants: that which runs the payload, where there are several."""
    parents = {pid: status(pid)[2] for pid in pids()} if top else {}
    found = [pid for pid in parents if status(pid)[0].startswith(MACHINE) and status(pid)[1] != "Z"]
    for pid in sorted(found, reverse=True):
        above = pid
        while above in parents:
            above = parents[above]
            if above == top:
                return pid
    return None


def heard(what: str) -> bool:
    """Whether a pipe that a job reads has a line in it that begins so; it is looked at, and not taken out (tee(2))."""
    start, _, pilot = what.partition(":")
    folder = f"/proc/{agent(pilot)}/fd"
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        with contextlib.suppress(OSError):
            if os.readlink(f"{folder}/{name}").startswith("pipe:") and any(
                line.startswith(start.encode()) for line in waiting(f"{folder}/{name}").splitlines()
            ):
                return True
    return False


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


def found(word: str, what: str) -> object:
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


def main(limit: float, words: list[str]) -> int:
    """Do them in their order."""
    deadline, target = time.monotonic() + limit, 0
    for each in words:
        if each in SIGNALS:
            os.kill(target, SIGNALS[each])
            continue
        word, _, what = each.partition("=")
        while not (seen := found(word, what)):
            if time.monotonic() >= deadline:
                print(f"did not come true within {limit:g} s: {each}", file=sys.stderr)
                return 1
            time.sleep(PAUSE)
        if word in ("agent", "front", "keeper", "machine", "process"):
            assert isinstance(seen, int)
            target = seen
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
