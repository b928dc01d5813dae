"""What a job leaves running: it comes to the gatekeeper, and is ended."""

import contextlib
import os
import select
import signal
import time

from ..common.processes import children
from .record import GRACE, log


def end_orphans() -> str:
    """End what a job has left running, and what comes to us when that ends, in bounded time; what it was, in words."""
    deadline, ended = time.monotonic() + GRACE, 0
    while (left := children()) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                ended += gone(pid, deadline)
    words = f"; left-over processes were ended: {ended}" if ended else ""
    if left:
        words += f"; STILL RUNNING: {' '.join(map(str, left))}"
    if words:
        log(words.removeprefix("; "))
    return words


def gone(pid: int, deadline: float) -> bool:
    """Whether a child that was killed has ended by then: one that the kernel holds, on a dead disk, say, does not."""
    with contextlib.suppress(ProcessLookupError):
        waited = os.pidfd_open(pid)
        try:
            select.select([waited], [], [], max(0.0, deadline - time.monotonic()))
        finally:
            os.close(waited)
    return os.waitpid(pid, os.WNOHANG)[0] == pid
