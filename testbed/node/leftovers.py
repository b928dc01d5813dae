#!/usr/bin/env python3
"""Counts what is left on a worker node: ``leftovers.py PILOT_UID FIRST_UID <WORD``, as root; prints JSON.

processes, killable    those with WORD in their command line, and how many of them the pilot's uid may signal
files                  files of the site's accounts in shared folders and homes, but for the notes that pilots leave for
                       each other, and for what has WORD in its path
proxies, readable      those with a private key in them, and how many of these the pilot's uid can read
leases                 pool accounts of this node's that are somebody's
machines               virtual machines, whoever they run as
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/home")
SHELL = "dash"
NOTES = ".pilot-"
POOL = Path("/etc/grid-security/gridmapdir")
MACHINE = "qemu-system"
KEY = b"PRIVATE KEY"
LARGEST = 1 << 20


def processes(word: str) -> Iterator[int]:
    """Those that run and name the word; not the copy that a shell is for a moment before it becomes a command."""
    for pid in [int(name) for name in os.listdir("/proc") if name.isdecimal() and int(name) != os.getpid()]:
        words, name, state, parent = look(pid)
        if word.encode() not in words or state in "ZX":
            continue
        above, called, _, _ = look(parent)
        if (above, called, called) != (words, name, SHELL):
            yield pid


def look(pid: int) -> tuple[bytes, str, str, int]:
    """Command line, name, state and parent of a process; X for one that has gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b"", "", "X", 0
    state, parent = stat.rpartition(")")[2].split()[:2]
    return words, stat.partition("(")[2].rpartition(")")[0], state, int(parent)


def machines() -> Iterator[int]:
    """Every virtual machine that runs."""
    for pid in [int(name) for name in os.listdir("/proc") if name.isdecimal()]:
        _, name, state, _ = look(pid)
        if name.startswith(MACHINE) and state not in "ZX":
            yield pid


def leases() -> list[Path]:
    """The second names of accounts that are somebody's, each an encoded DN."""
    return [path for path in POOL.iterdir() if path.name.startswith("%")] if POOL.is_dir() else []


def files(first_uid: int) -> Iterator[Path]:
    """Those of the site's accounts."""
    for place in PLACES:
        for folder, _, names in os.walk(place):
            for path in (Path(folder, name) for name in names):
                if path.is_file() and path.lstat().st_uid >= first_uid:
                    yield path


def has_key(path: Path) -> bool:
    """Whether there is a private key in a file. Raises `OSError` where it cannot be read."""
    with path.open("rb") as file:
        return KEY in file.read(LARGEST)


def holds_key(path: Path) -> bool:
    """The same, as far as root sees it: a file that has gone meanwhile holds none."""
    try:
        return has_key(path)
    except OSError:
        return False


def allowed(uid: int, attempts: list[Callable[[], object]]) -> int:
    """How many of these an account without any rights of root's may do."""
    answer, ours = os.pipe()
    if os.fork() == 0:
        done = 0
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            for attempt in attempts:
                try:
                    attempt()
                    done += 1
                except OSError:
                    continue
            os.write(ours, str(done).encode())
        finally:
            os._exit(0)
    os.close(ours)
    with os.fdopen(answer) as text:
        return int(text.read())


def main(word: str, pilot: int, first_uid: int) -> None:
    """Print all counts."""
    running = list(processes(word))
    there = [path for path in files(first_uid) if word not in str(path) and not path.name.startswith(NOTES)]
    keys = [path for path in there if holds_key(path)]
    counts = {
        "processes": len(running),
        "killable": allowed(pilot, [partial(os.kill, pid, 0) for pid in running]),
        "files": len(there),
        "proxies": len(keys),
        "readable": allowed(pilot, [partial(has_key, path) for path in keys]),
        "leases": len(leases()),
        "machines": len(list(machines())),
    }
    print(json.dumps(counts))


if __name__ == "__main__":
    main(sys.stdin.read().strip(), int(sys.argv[1]), int(sys.argv[2]))
