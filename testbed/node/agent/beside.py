"""A command that is run beside the payload: the canary, a new proxy, a signal, what packs and what clears up."""

import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .failure import told
from .means import Means
from .process import DRAIN, GRACE, LARGEST_PREVIEW, Process
from .task import Task


@dataclass(frozen=True, slots=True)
class Ran:
    """A command beside the payload that is over; without a code it had to be ended."""

    code: int | None
    out: bytes
    err: bytes

    def __str__(self) -> str:
        cause = told(self.err.decode(errors="replace"), self.code)
        return f"{self.code}{f' ({cause.kind} {cause.reason})' if cause else ''}"


def beside(
    means: Means,
    command: Sequence[str],
    environment: Mapping[str, str],
    task: Task,
    limit: float,
    most: int = LARGEST_PREVIEW,
) -> Ran:
    """Run a command beside the payload, for so many seconds at most; ``most`` bytes of each stream are kept."""
    try:
        process = Process(command, environment, task.place.folder, b"", means.wake, most)
    except OSError as error:
        return Ran(127 if isinstance(error, FileNotFoundError) else 126, b"", str(error).encode())
    try:
        process.turn_until(limit, lambda: process.code is not None)
        code = process.code
        for kind in (signal.SIGTERM, signal.SIGKILL):
            if process.code is None:
                with contextlib.suppress(OSError):
                    os.killpg(process.group, kind)
                process.turn_until(GRACE, lambda: process.code is not None)
        process.turn_until(DRAIN, lambda: not process.open)
        return Ran(code, bytes(process.out), bytes(process.err))
    finally:
        process.close()
