#!/usr/bin/python3
"""Whether who comes late has to wait for these processes: ``delayed.py PID...``, as root; standard library only.

Exit code 0: each of them wants a processor and has had one meanwhile, and a turn of 20 ms took us more than twice as
long. 1: not so.
"""

import sys
import time
from pathlib import Path

TURN = 0.02
"""Seconds of a processor."""


def had(pid: str) -> int:
    """How long a process has run so far, in nanoseconds. Raises `OSError` where there is none."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def state(pid: str) -> str:
    """``R`` for one that runs or would like to."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def main(pids: list[str]) -> int:
    """Take a turn, and look at theirs."""
    try:
        before = {pid: had(pid) for pid in pids}
        began, mine = time.monotonic(), time.process_time()
        while time.process_time() - mine < TURN:
            pass
        late = time.monotonic() - began > 2 * TURN
        turned = all(state(pid) == "R" and had(pid) > before[pid] for pid in pids)
    except OSError:
        return 1
    return 0 if pids and late and turned else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
