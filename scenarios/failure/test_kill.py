"""SIGKILL at each step of a payload's life: no payload is lost, and none runs twice, without a record."""

import pytest

from testbed.model.death import Step, Victim
from testbed.pilot.kill.approach import Way
from testbed.pilot.kill.blow import struck
from testbed.pilot.kill.ground import Ground
from testbed.pilot.kill.spare import Spare
from testbed.plugin import matrix

ALL = [(v, s) for v in Victim for s in Step]


@pytest.mark.parametrize(("victim", "step"), ALL, ids=str)
@matrix(mode="log-only setuid", authority="argus")
def test_probe(world, switch, waiting, cell, victim, step):
    import time

    t = time.monotonic()
    with Spare.opened(world, 3) as spare:
        ground = Ground(world, spare, cell.mode)
        seen, end = struck(Way(ground, switch, waiting("20")), victim, step)
    with open("/tmp/kills.out", "a") as f:
        print(cell.mode, victim, step, seen, end.state, end.ran, end.doubted, f"{time.monotonic() - t:.1f}", file=f)
        for c in end.history:
            print("    ", c, file=f)
