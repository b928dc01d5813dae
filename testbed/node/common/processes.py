"""Processes as /proc tells of them: who is whose child, and whose the orphans are."""

import contextlib
import ctypes
import os
from pathlib import Path


def parents() -> dict[int, int]:
    """Every process with its parent."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            found[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return found


def children() -> list[int]:
    """The processes whose parent we are."""
    return [pid for pid, parent in parents().items() if parent == os.getpid()]


def descendants(pid: int) -> list[int]:
    """The processes below one."""
    known, found = parents(), [pid]
    for each in found:
        found += [child for child, parent in known.items() if parent == each]
    return found[1:]


def adopt_orphans() -> str:
    """Become the parent of every descendant whose own parent ends (PR_SET_CHILD_SUBREAPER, prctl(2)).

    In words why not, where that does not go.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0) != 0:
        return f"orphans cannot be adopted: {os.strerror(ctypes.get_errno())}"
    return ""
