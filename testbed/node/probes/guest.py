"""A payload that stays a while, says what it has, and can be told from others: ``python3 - NAME LIMIT < guest.py``.

It computes something short some times, leaves an empty file ``left-NAME`` in its home and ``made-NAME`` where it
works, prints one JSON line, and waits until it is ended, for LIMIT seconds at most. Its process is called ``guest``.
"""

import json
import os
import sys
import time
from pathlib import Path

ROUNDS = 8
STEPS = 200_000
"""Additions of one computation: 10 ms on a processor of today, a second on an emulated one."""


def computed() -> float:
    """Seconds of wall clock for a short computation: the fastest of some, so that others do not count."""
    took = []
    for _ in range(ROUNDS):
        began, total = time.perf_counter(), 0
        for step in range(STEPS):
            total += step * step % 7
        took.append(time.perf_counter() - began)
    return min(took)


def main(name: str, limit: float) -> None:
    """Compute, leave, say, stay."""
    Path("/proc/self/comm").write_text("guest")
    home = os.environ.get("HOME", ".")
    Path(f"made-{name}").touch()
    (Path(home) / f"left-{name}").touch()
    said = {"seconds": computed(), "home": home, "variables": sorted(os.environ), "folder": os.getcwd()}
    print(json.dumps(said), flush=True)
    time.sleep(limit)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
