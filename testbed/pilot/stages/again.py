"""The same user twice: two payloads of Alice's run at once on one worker node, each by a pilot of its own."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.pilot.desk import Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid, raid_of
from testbed.pilot.stages.beside import THIEF
from testbed.pilot.stages.bystander import LOOK, PYTHON, begun, still_there
from testbed.pilot.stages.targets import number_on


def of_other(told: Mapping[str, Any], token: str) -> dict[Attack, Mapping[str, Any]]:
    """Where the secrets of her other payload are, in its own words."""
    return {
        Attack.OWN_OTHER_PAYLOAD: {"kind": "read", "path": told["secret"], "marker": token},
        Attack.OWN_OTHER_PROCESS: {
            "kind": "environ",
            "process": token,
            "pid": told["pid"],
            "marker": told["environment"],
        },
    }


def again(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let one of them have secrets, and the other look for them."""
    token = f"alices-secret-{token_hex(8)}"
    first, _, said = begun(desk, "alice", token)
    told = of_other({**said, "pid": number_on(desk.world.node, said["pid"], token)}, token)
    ran = desk.end_of(*desk.send(PYTHON, "alice", probe("thief", *THIEF, told=told)))
    still_there(desk.vo.wait(first, limit=LOOK))
    desk.vo.stop(first)  # nobody waits for its end
    return raid_of(ran)
