"""A node on which every payload fails at once (F40): what it eats of a queue with back-off, and without."""

import dataclasses
import json
import math
import time

from testbed.faults.catalogue import FAULTS
from testbed.faults.fault import broken
from testbed.lab.wait import eventually
from testbed.model.fault import Fault
from testbed.pilot.health import Caution
from testbed.pilot.order import Order
from testbed.pilot.plan import Plan
from testbed.pilot.workload import payloads, tally
from testbed.plugin import matrix

USERS = ("alice", "bob", "carol")
MANY = 24
EACH = 2
"""Pilots on each of five nodes."""
LENGTH = (1.2, 1.6)
CAUTION = Caution(first=3.0)


@matrix(mode="setuid")
def test_back_off_bounds_what_a_black_hole_eats_and_without_it_it_eats_most(nodes, vo, cell, world, slot, suite, notes):
    """Bound: failures that drain it, pilots beside the first, a probe after each pause (threats F40; our choice of K).

    Its switch has no configuration and ends with 202 (gLExec's documented code), which question 4 does not let pass.
    The pilots do not call it again, as most frameworks did not (threats section 4): pauses would slow the node down.
    """
    farm = nodes(5)
    hole = dataclasses.replace(world, node=farm[-1].host, node_name=farm[-1].name)
    account = world.site.pilot_accounts[0].name
    order = Order(cell.mode, slot=slot, limit=120, retries=0)
    plan = Plan(slot, order, tuple(node.reached(account) for node in farm), each=EACH, caution=CAUTION)
    found = {}
    with broken(Fault.NO_CONFIG, FAULTS[Fault.NO_CONFIG], hole):
        for name, caution in (("with", CAUTION), ("without", None)):
            began = time.monotonic()
            queued = {vo.submit(each): each for each in payloads(MANY, slot, seconds=LENGTH, users=USERS)}
            vo.start_fleet(dataclasses.replace(plan, caution=caution))
            seen = tally(vo, queued, limit=60)
            seconds = time.monotonic() - began
            found[name] = {"eaten": len(seen.lost), "ran": len(seen.ran), "seconds": round(seconds, 1)}
            assert farm[-1].name not in {ran.host for ran in seen.ran}
            assert eventually(lambda: not any(node["pilots"] for node in vo.fleets()[0]["nodes"]), within=30, every=0.1)
            if caution:
                [shown] = vo.fleets()
                found["standing"] = [node["standing"] for node in shown["nodes"]]
                probes = int(math.log2(seconds / CAUTION.first + 1))
    vo.start_fleet(plan)  # healed: nothing is eaten any more
    queued = {vo.submit(each): each for each in payloads(MANY, slot, seconds=(0.1, 0.1), users=USERS)}
    found["healed"] = len(tally(vo, queued, limit=60).ran)
    assert vo.stop_fleet(slot) is not None
    place = suite.folder / notes.evidence
    place.mkdir(parents=True, exist_ok=True)
    (place / "fleet.json").write_text(json.dumps(found, indent=1) + "\n")
    assert found["with"]["eaten"] <= CAUTION.failures + EACH - 1 + probes, found
    assert found["standing"][:-1] == ["well"] * 4, found
    assert found["without"]["eaten"] > MANY / 2, found
    assert found["healed"] == MANY, found
