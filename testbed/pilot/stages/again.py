"""The same user twice: two payloads of Alice's run at once on one worker node, each by a pilot of its own."""

import json

from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.pilot.desk import Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid, raid_of
from testbed.pilot.stages.after import FINDER
from testbed.pilot.stages.bystander import LOOK, PYTHON, begun, still_there


def again(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let one of them have secrets, and the other look for them."""
    token = f"alices-secret-{id(desk)}"
    first, _, told = begun(desk, "alice", token)
    target = {"kind": "read", "paths": [told["secret"], f"/proc/{told['pid']}/environ"], "marker": token}
    orders = json.dumps({"targets": {str(Attack.OWN_OTHER_PAYLOAD): target}})
    ran = desk.end_of(*desk.send([*PYTHON, orders], "alice", probe("finder", *FINDER)))
    still_there(desk.vo.wait(first, limit=LOOK))
    desk.vo.stop(first)  # nobody waits for its end
    return raid_of(ran)
