"""A node on which every payload fails at once (F40): what it eats of a queue with back-off, and without."""

import dataclasses
import json
import time

from testbed.faults.catalogue import FAULTS
from testbed.faults.fault import broken
from testbed.lab.wait import eventually
from testbed.model.fault import Fault
from testbed.pilot.health import Caution, Standing
from testbed.pilot.order import Order
from testbed.pilot.plan import Plan
from testbed.pilot.workload import Tally, payloads, tally
from testbed.plugin import matrix

USERS = ("alice", "bob", "carol")
MANY = 24
EACH = 2
"""Pilots on each of five nodes."""
LENGTH = (1.2, 1.6)
CAUTION = Caution(first=2.0, longest=4.0)
SOON = 2 * CAUTION.longest
"""Seconds after which the longest pause is over, what chance adds to it included, and a second look taken."""


@matrix(mode="setuid")
def test_back_off_bounds_what_a_black_hole_eats_and_without_it_it_eats_most(nodes, vo, cell, world, slot, suite, notes):
    """Bound: failures that drain it, pilots beside the first, a probe after each pause (threats F40; our choice of K).

    Its switch has no configuration and ends with 202 (gLExec's documented code), which question 4 does not let pass.
    The pilots do not call it again, as most frameworks did not (threats section 4): pauses would slow the node down.
    Once it is mended the pause ends by itself, a single pilot tries it, and then it has its share again (our choice).
    """
    farm = nodes(5)
    hole = dataclasses.replace(world, node=farm[-1].host, node_name=farm[-1].name)
    account = world.site.pilot_accounts[0].name
    order = Order(cell.mode, slot=slot, limit=120, retries=0)
    plan = Plan(slot, order, tuple(node.reached(account) for node in farm), each=EACH, caution=CAUTION)
    found = {}

    def standing() -> list[str]:
        [shown] = vo.fleets()
        return [node["standing"] for node in shown["nodes"]]

    def run() -> Tally:
        queued = {vo.submit(each): each for each in payloads(MANY, slot, seconds=LENGTH, users=USERS)}
        seen = tally(vo, queued, limit=60)
        assert eventually(lambda: not any(node["pilots"] for node in vo.fleets()[0]["nodes"]), within=30, every=0.1)
        return seen

    with broken(Fault.NO_CONFIG, FAULTS[Fault.NO_CONFIG], hole):
        for name, caution in (("without", None), ("with", CAUTION)):
            began = time.monotonic()
            vo.start_fleet(dataclasses.replace(plan, caution=caution))
            seen = run()
            seconds = time.monotonic() - began
            found[name] = {"eaten": len(seen.lost), "ran": len(seen.ran), "seconds": round(seconds, 1)}
            assert farm[-1].name not in {ran.host for ran in seen.ran}
        found["standing"] = standing()
    began = time.monotonic()
    found["back"] = eventually(lambda: standing()[-1] != Standing.DRAINED, within=SOON, every=0.1)
    found["waited"] = round(time.monotonic() - began, 1)
    found["tried"] = standing()[-1]
    seen = run()
    found["healed"] = len(seen.ran)
    found["there"] = sum(ran.host == farm[-1].name for ran in seen.ran)
    found["in the end"] = standing()
    assert vo.stop_fleet(slot) is not None
    place = suite.folder / notes.evidence
    place.mkdir(parents=True, exist_ok=True)
    (place / "fleet.json").write_text(json.dumps(found, indent=1) + "\n")
    assert found["with"]["eaten"] <= CAUTION.failures + EACH - 1 + probes(found["with"]["seconds"]), found
    assert found["without"]["eaten"] > MANY / 2, found
    assert found["standing"][:-1] == ["well"] * 4, found
    assert found["standing"][-1] in (Standing.DRAINED, Standing.PROBED), found
    assert (found["back"], found["tried"]) == (True, Standing.PROBED), found
    assert found["healed"] == MANY, found
    assert found["there"] > 1, found  # one is the probe's
    assert found["in the end"] == ["well"] * 5, found


def probes(seconds: float) -> int:
    """How many pauses can have ended within so many seconds."""
    many, over = 0, CAUTION.pause(1, 0)
    while over <= seconds:
        many += 1
        over += CAUTION.pause(many + 1, 0)
    return many
