"""Somebody of the pilot's who needs a process, some room and a file: ``python3 - NPROC FILE OTHER < needy.py``.

It runs as the pilot's account, writes into FILE, and makes OTHER, which is empty.
NPROC is the limit of its account, as its batch system has set it for everything of the job's. It prints JSON: need ->
"" where it was met, else why not; tried several times each, because what somebody took may become free for a moment.
"""

import json
import os
import resource
import sys
from pathlib import Path

TRIES = 5
ROOM = 1 << 20
"""Bytes that it writes."""


def process() -> str:
    """Start a process."""
    for _ in range(TRIES):
        try:
            pid = os.fork()
        except OSError as error:
            return str(error)
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)
    return ""


def room(file: Path) -> str:
    """Write a file."""
    for _ in range(TRIES):
        try:
            with file.open("wb", buffering=0) as opened:
                left = ROOM
                while left:
                    left -= opened.write(bytes(left))
        except OSError as error:
            return str(error)
        finally:
            file.unlink(missing_ok=True)
    return ""


def another(file: Path) -> str:
    """Make an empty file."""
    for _ in range(TRIES):
        try:
            file.touch()
        except OSError as error:
            return str(error)
        finally:
            file.unlink(missing_ok=True)
    return ""


def fits(limit: int) -> bool:
    """Whether one more process of this account would be within a limit."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))
    os._exit(1 if process() else 0)


def count(most: int = 1 << 14) -> int:
    """How many processes of this account the kernel counts, those of other containers included."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return low


def main(limit: int, file: str, other: str) -> None:
    """Say it; without a limit, what the account has now."""
    if not limit:
        print(json.dumps({"count": count()}))
        return
    resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))
    print(json.dumps({"process": process(), "room": room(Path(file)), "file": another(Path(other))}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
