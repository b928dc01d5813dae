"""The payload that comes where another one has been: it looks around, and what was left looks at it meanwhile."""

import json
from collections.abc import Mapping
from typing import Any

from testbed.credentials.grid import Grid
from testbed.lab.wait import eventually
from testbed.model.attack import Attack
from testbed.model.outcome import Attempt, Outcome
from testbed.model.problem import Problem
from testbed.pilot.desk import PILOT_LIMIT, Desk
from testbed.pilot.probes import probe
from testbed.pilot.stages.bystander import PYTHON
from testbed.pilot.stages.estate import ANSWERED, Estate
from testbed.pilot.stages.targets import key_of

FINDER = ("finding", "sysv", "mqueue")
"""The parts of the finder, each before those that need it."""
NOBODY_LOOKS = Attempt.BLOCKED, "nothing of what Alice left runs any more"
"""What comes of the proxy where no daemon is left."""
Targets = Mapping[Attack, Mapping[str, Any]]


def comes(desk: Desk, user: str, targets: Targets, hold: str = "") -> tuple[str, str]:
    """A finder of a user's: its id, and its pilot's. With ``hold`` it stays until that file is there."""
    orders: dict[str, Any] = {"targets": {str(attack): target for attack, target in targets.items()}}
    if hold:
        orders["hold"] = hold
    return desk.send([*PYTHON, json.dumps(orders)], user, probe("finder", *FINDER))


def succeeded(desk: Desk, left: Estate, user: str, targets: Targets) -> tuple[Outcome, tuple[Attempt, str]]:
    """What becomes of a user's payload on the node that looks around, and what the daemon that was left makes of it."""
    payload, pilot = comes(desk, user, targets, f"{left.place}/release")
    report = desk.vo.wait(payload, limit=PILOT_LIMIT, until="output")
    if b"\n" not in report.out:
        found = f"{report.state}: {report.why}\n{report.err!r}"
        raise Problem(f"{user}'s payload did not get to run", found=found)
    stolen = _stolen(left, json.loads(report.out.splitlines()[0])["proxy"], desk.world.grid, user)
    left.say("release", left.mark)
    return desk.end_of(payload, pilot), stolen


def _stolen(left: Estate, proxy: str, grid: Grid, user: str) -> tuple[Attempt, str]:
    """What the daemon that was left makes of the proxy that a payload has; the key in it is the proof."""
    left.say("read", proxy)
    looks = [left.census()]

    def known() -> bool:
        looks[:] = [left.census()]
        return "daemon-read" in looks[0].answers or not looks[0].running("daemon")

    eventually(known, within=ANSWERED)
    census = looks[0]
    if key_of(grid, user) in census.answers.get("daemon-read", {"text": ""})["text"]:
        return Attempt.SUCCEEDED, f"the daemon that Alice left has read the key in {proxy}"
    if running := census.running("daemon"):
        return Attempt.BLOCKED, f"{running} could not read {proxy}"
    return NOBODY_LOOKS
