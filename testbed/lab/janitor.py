"""Removes the containers and networks of a run whose process was killed: ``python -m testbed.lab.janitor RUN``.

It waits for the end of its standard input. ``done`` before the end means that the run has cleaned up itself.
"""

import signal
import sys
import time

from testbed.lab.engine import Engine

QUIET = 3.0
"""Seconds without a find before we believe it: the engine may still be making what the run had asked for."""


def main() -> None:
    """Wait for the run's end, then sweep until nothing comes any more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # meant for the run; we end when it has ended
    if sys.stdin.buffer.read().endswith(b"done\n"):
        return
    engine = Engine()
    last = time.monotonic()
    while time.monotonic() - last < QUIET:
        if engine.sweep(sys.argv[1]):
            last = time.monotonic()
        time.sleep(0.2)


if __name__ == "__main__":
    main()
