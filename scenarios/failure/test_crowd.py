"""Many pilots that begin within a second, and a service that is killed and begun again in the middle (F26, F27)."""

import pytest

from testbed.lab.wait import eventually
from testbed.pilot.crowd import let_loose
from testbed.pilot.kill.spare import Spare
from testbed.plugin import matrix

USERS = ("alice", "bob", "carol", "alice-production")
MANY = 200
LEASE = 20.0


@matrix(mode="setuid", authority="argus")
@pytest.mark.parametrize("killed", ["authority", "queue"])
def test_probe(world, cell, notes, killed):
    notes.expectation = None
    import time

    with Spare.opened(world, LEASE) as spare:

        def ended(count):
            return lambda: sum(line.state == "ended" for line in spare.vo.list()) >= count

        t0 = time.monotonic()

        def meanwhile():
            assert eventually(ended(30), within=60, every=0.2)
            a = time.monotonic()
            if killed == "authority":
                for host in world.authorities:
                    host.kill()
                for host in world.authorities:
                    host.begin_again()
            else:
                spare.kill()
                spare.begin()
            print("killed at", a - t0, "took", time.monotonic() - a)

        result = let_loose(world, spare.vo, cell.mode, USERS, MANY, meanwhile=meanwhile)
        print(
            "all",
            time.monotonic() - t0,
            result.seconds,
            "internal",
            result.internal,
            "again",
            sum(r.again for r in result.runs),
            "gave up",
            result.gave_up[:3],
        )
        s = result.starts
        print(
            "p50",
            s[len(s) // 2],
            "p95",
            s[int(len(s) * 0.95)],
            "last",
            s[-1],
            "call p95",
            sorted(r.call for r in result.runs)[int(0.95 * len(s))],
        )
        print(
            "twice",
            result.twice,
            "unheard",
            result.unheard,
            "mis",
            result.misjoined()[:5],
            "strangers",
            result.strangers(world)[:5],
            len(result.recorded),
        )
        from collections import Counter

        print(
            Counter(r.state for r in result.runs),
            Counter(r.internal for r in result.runs),
            Counter(r.late for r in result.runs),
            len(result.runs),
        )
    assert 0
