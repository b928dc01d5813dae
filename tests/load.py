"""How busy the machine is just now, so that a bound can tell who is slow: what is tested, or everything."""

import os
import subprocess
import sys
import time

SAMPLE = [sys.executable, "-c", "import testbed.plugin.fixtures"]
"""What every run of the testbed begins with; it computes, and waits for nothing but the processor and the disk."""
LIMIT = 120


def slowness() -> float:
    """How many times as long as it computes something takes here and now: 1 on a machine that does nothing else."""
    before, began = os.times(), time.monotonic()
    subprocess.run(SAMPLE, check=True, timeout=LIMIT)
    seconds, after = time.monotonic() - began, os.times()
    computed = after.children_user + after.children_system - before.children_user - before.children_system
    return max(1.0, seconds / computed)
