"""A payload that takes what it gets, within bounds: ``python3 - ORDERS < hog.py``.

ORDERS is JSON: "mark", a word that names it in the list of processes; "processes", "memory", "disk" (MiB) and "files"
are the most that it takes. It prints one JSON line when it has taken all that it gets: how much, and what ended it.
Then it holds all of it, and takes again what becomes free, until SIGTERM or "hold" seconds. What it made is gone with
it.
"""

import json
import mmap
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

LIMIT = 30.0
"""Seconds after which its children end of themselves."""
LOOK = 0.02
MEBIBYTE = 1 << 20
PLACES, OTHERS = ("/dev/shm", "/tmp"), ("/var/tmp", "/tmp")
"""Where everybody may write: for a large file, and for many; of the latter a guest has the second only."""

Taken = dict[str, object]


class Processes:
    """Children that do nothing; each ends by itself if nobody ends it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pids: list[int] = []

    def take(self) -> Taken:
        """Start as many as there may be."""
        why = "enough"
        while len(self._pids) < self._most:
            try:
                pid = os.fork()
            except OSError as error:
                why = str(error)
                break
            if not pid:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                signal.pthread_sigmask(signal.SIG_SETMASK, set())
                signal.alarm(int(LIMIT))
                while True:
                    signal.pause()
            self._pids.append(pid)
        return {"taken": len(self._pids), "why": why}

    def end(self) -> None:
        """End them all."""
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def memory(most: int) -> tuple[mmap.mmap | None, Taken]:
    """Memory in one piece, every page of it written; it is held as long as the first thing is."""
    try:
        piece = mmap.mmap(-1, most * MEBIBYTE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        return None, {"taken": 0, "why": str(error)}
    for start in range(0, len(piece), mmap.PAGESIZE):
        piece[start] = 1
    return piece, {"taken": most, "why": "enough"}


def disk(file: Path, most: int) -> Taken:
    """A file as large as it gets, from what is free at the moment."""
    block, size = bytes(MEBIBYTE // 16), file.stat().st_size if file.exists() else 0
    why = "enough"
    with file.open("ab", buffering=0) as opened:
        while size < most * MEBIBYTE:
            try:
                size += opened.write(block)
            except OSError as error:
                why = str(error)
                break
    return {"taken": round(size / MEBIBYTE, 2), "why": why, "file": str(file)}


class Files:
    """Empty files in a folder of their own."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most, self._made = folder, most, 0

    def take(self) -> Taken:
        """Make as many as there may be."""
        why = "enough"
        try:
            self._folder.mkdir(exist_ok=True)
            while self._made < self._most:
                (self._folder / str(self._made)).touch()
                self._made += 1
        except OSError as error:
            why = str(error)
        return {"taken": self._made, "why": why, "folder": str(self._folder)}

    def end(self) -> None:
        """Remove them all."""
        shutil.rmtree(self._folder, ignore_errors=True)


def main(orders: Mapping[str, object]) -> None:
    """Take it, say so, hold it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    most = {name: int(str(orders[name])) for name in ("processes", "memory", "disk", "files")}
    place, other = (next(each for each in places if os.path.isdir(each)) for places in (PLACES, OTHERS))
    file, children = Path(place) / str(orders["mark"]), Processes(most["processes"])
    files = Files(Path(other) / f"{orders['mark']}-files", most["files"])
    try:
        taken = {"processes": children.take()}
        piece, taken["memory"] = memory(most["memory"])
        taken["disk"] = disk(file, most["disk"])
        taken["files"] = files.take()
        print(json.dumps(taken), flush=True)
        deadline = time.monotonic() + float(str(orders["hold"]))
        while not signal.sigtimedwait({signal.SIGTERM}, LOOK) and time.monotonic() < deadline:
            children.take()
            disk(file, most["disk"])
            files.take()
        del piece
    finally:
        children.end()
        files.end()
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
