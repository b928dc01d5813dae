"""One run of the testbed: whose the containers are, and who removes them if the run is killed."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from testbed.lab.engine import OWNER, RUN, Engine

HIDDEN = "hidden"
"""In place of a start time that we cannot know."""
UNTIL_QUIET = 1.0
"""Seconds without a find: an engine that was asked for something when a run was cut short may still be making it."""


@dataclass(frozen=True, slots=True)
class Run:
    """The identity of a run, carried by everything that it starts."""

    ident: str
    owner: str

    @property
    def labels(self) -> dict[str, str]:
        """The labels of every container and network of this run."""
        return {RUN: self.ident, OWNER: self.owner}


def owner(pid: int) -> str:
    """A process, named so that nobody can be mistaken for it later: where its pid is meant, boot, pid, start time."""
    return f"{_place()} {_boot()} {pid} {_start_time(pid)}"


def alive(name: str) -> bool:
    """Whether the process of an `owner` still lives. One of another place counts as alive: we cannot know."""
    words = name.split()
    if len(words) != 4:
        return False
    place, boot, pid, start = words
    if place != _place():
        return True
    return boot == _boot() and _start_time(int(pid)) in (start, HIDDEN)


def named(word: str) -> Run:
    """A run of this process's, by a name that no other run has, of whatever pid namespace: a sweep goes by it."""
    return Run(f"{word}-{os.getpid()}-{secrets.token_hex(3)}", owner(os.getpid()))


@contextlib.contextmanager
def running(engine: Engine) -> Iterator[Run]:
    """A run: sweeps what dead runs left, and leaves nothing itself, however it ends.

    A janitor in a session of its own holds a pipe from us. When we are killed the pipe closes, and it removes what
    carries our label: containers end by their own lifelines, networks have none.
    """
    gc(engine)
    run = named(time.strftime("%Y%m%d-%H%M%S"))
    janitor = subprocess.Popen(
        [sys.executable, "-m", "testbed.lab.janitor", run.ident],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "DOCKER_HOST": engine.address},
    )
    assert janitor.stdin is not None
    try:
        yield run
    finally:
        # What cannot be swept now is left to the janitor, which is more patient: its pipe closes without a word.
        with contextlib.suppress(BrokenPipeError), janitor.stdin as pipe:
            sweep(engine, run.ident, UNTIL_QUIET if engine.unfinished else 0)
            pipe.write(b"done\n")
    janitor.wait(timeout=20)


def sweep(engine: Engine, ident: str, quiet: float) -> None:
    """Remove what carries a run's label until nothing has come for ``quiet`` seconds."""
    quiet_at = time.monotonic() + quiet
    while engine.sweep(ident) or time.monotonic() < quiet_at:
        time.sleep(0.1)


def gc(engine: Engine) -> list[str]:
    """Remove what runs whose process is dead have left behind; the names of what was removed."""
    removed = []
    for ident, who in engine.owners().items():
        if not alive(who):
            removed += engine.sweep(ident)
    return removed


def _place() -> str:
    """Where our process numbers mean something: the host, and the pid namespace on it."""
    return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').readlink()}"


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _start_time(pid: int) -> str:
    """The process's start in clock ticks since boot, field 22 of proc(5) stat.

    Empty when there is no such process, `HIDDEN` when there is one of which we are not told: it may be another's.
    """
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return HIDDEN if _exists(pid) else ""
    except OSError:
        return HIDDEN


def _exists(pid: int) -> bool:
    """Whether there is a process that belongs to somebody else, even where /proc is mounted with hidepid."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return False  # ours, and it has just ended or we had been told
