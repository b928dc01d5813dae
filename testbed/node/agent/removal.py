"""What is taken away, and what resists."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .log import log
from .report import MOST_NAMED

PACK_LIMIT, CLEAR_LIMIT = 8.0, 5.0
"""Seconds for bringing the outputs back, and for clearing up: with what may go before, less than the VO waits."""
OPEN = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", "/var/cache/testbed-vm")
"""The folders of a node that everybody may write."""
CLEAR = """\
/usr/bin/chmod -R u+rwX -- "$@" 2>/dev/null
/usr/bin/rm -rf -- "$@" 2>/dev/null
/usr/bin/find "$@" 2>/dev/null | /usr/bin/wc -l
"""
"""Takes away what a payload left, also from folders that it has closed against itself; prints how much stays."""


def discard(path: Path) -> None:
    """Remove a file. What a payload of our own account has put in its place goes with the folder."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log(f"not removed yet: {error}")


def remove(folder: Path) -> int:
    """Remove a folder and what is in it, also what is closed against us or too deep for a path.

    How much resisted; -1 where nobody could count it.
    """
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(folder)
        return 0
    left = -1
    with contextlib.suppress(OSError, subprocess.TimeoutExpired, ValueError):
        command = ["/bin/sh", "-c", CLEAR, "clear", str(folder)]
        left = int(subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=CLEAR_LIMIT).stdout)
    if left:
        log(f"left behind: {folder}")
    return left


def left_elsewhere(uid: int, since: float) -> list[str]:
    """What an account has made in the folders that are open to all since a moment, the first few of it."""
    found: list[str] = []
    for folder in dict.fromkeys((tempfile.gettempdir(), *OPEN)):
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                with contextlib.suppress(FileNotFoundError):  # somebody else's, that has gone meanwhile
                    seen = entry.stat(follow_symlinks=False)
                    if seen.st_uid == uid != os.getuid() and seen.st_ctime >= since and len(found) < MOST_NAMED:
                        found.append(entry.path)
    return found
