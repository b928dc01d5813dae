"""Whose processes are: ours, or of an account that the switch has let in; and who may look into ours."""

import contextlib
import ctypes
import os
from pathlib import Path

from ..common.processes import descendants
from .log import log

MAPPING = b"lcmaps-account"
"""What the switch runs as account glexec, to learn the payload's account."""


def owner(pid: int) -> int | None:
    """Whose a process is; nothing where it is gone."""
    with contextlib.suppress(OSError):
        return os.stat(f"/proc/{pid}").st_uid
    return None


def runs(pid: int) -> bool:
    """Whether a process is there, and not merely waiting to be collected."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def let_in(pid: int) -> bool:
    """Whether below a call of the switch something runs as a third account: neither ours, nor root, nor the mapping."""
    for each in descendants(pid):
        with contextlib.suppress(OSError):
            maps = MAPPING in Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")[0]
            if owner(each) not in (None, 0, os.getuid()) and not maps and runs(each):
                return True
    return False


def ours(pid: int) -> bool:
    """Whether a process is of our own account, or gone."""
    return owner(pid) in (None, os.getuid())


def show_memory(shown: bool) -> None:
    """Whether processes of our own account may look into us by /proc and ptrace(2) (PR_SET_DUMPABLE, prctl(2))."""
    if ctypes.CDLL(None, use_errno=True).prctl(4, int(shown), 0, 0, 0) != 0:
        log(f"what we keep in memory cannot be hidden: {os.strerror(ctypes.get_errno())}")
