"""The same user twice: two payloads of Alice's run at once on one worker node, each by a pilot of its own."""

import json

from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.model.problem import Problem
from testbed.pilot.desk import PAYLOAD_LIMIT, PILOT_LIMIT, Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid, raid_of
from testbed.pilot.stages.beside import PYTHON


def again(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let one of them have secrets, and the other look for them."""
    token = f"alices-secret-{id(desk)}"
    first, _ = desk.send(
        ["/usr/bin/env", f"SECRET={token}", *PYTHON, token, f"{PAYLOAD_LIMIT:g}"], "alice", probe("victim", "sysv")
    )
    report = desk.vo.wait(first, limit=PILOT_LIMIT, until="output")
    if b"\n" not in report.out:
        raise Problem("Alice's payload did not get to run", found=f"{report.state}: {report.why}\n{report.err!r}")
    told = json.loads(report.out.splitlines()[0])
    target = {"kind": "read", "paths": [told["secret"], f"/proc/{told['pid']}/environ"], "marker": token}
    orders = json.dumps({"targets": {str(Attack.OWN_OTHER_PAYLOAD): target}})
    ran = desk.end_of(*desk.send([*PYTHON, orders], "alice", probe("finder", "finding", "sysv")))
    desk.vo.stop(first)  # nobody waits for its end
    return raid_of(ran)
