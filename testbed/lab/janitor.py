"""Removes the containers and networks of a run whose process was killed: ``python -m testbed.lab.janitor RUN``.

It waits for the end of its standard input. ``done`` before the end means that the run has cleaned up itself.
"""

import signal
import sys
import time

from testbed.lab.engine import Engine
from testbed.model.problem import Problem

QUIET = 3.0
"""Seconds without a find before we believe it: the engine may still be making what the run had asked for."""

PATIENCE = 60.0
"""Seconds that an engine which gives no answer is waited for: it may be started again just now."""


def main() -> None:
    """Wait for the run's end, then sweep until nothing comes any more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the run; we end when it has ended
    if sys.stdin.buffer.read().endswith(b"done\n"):
        return
    quiet_at = time.monotonic() + QUIET
    given_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < quiet_at:
        try:
            found = bool(Engine().sweep(sys.argv[1]))
        except Problem:  # no answer, or something that cannot be removed yet
            found = time.monotonic() < given_up_at
        if found:
            quiet_at = time.monotonic() + QUIET
        time.sleep(0.2)


if __name__ == "__main__":
    main()
