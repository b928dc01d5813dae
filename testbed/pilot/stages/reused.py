"""One after the other on the same account: Alice's lease is recycled, and Bob's payload gets the account she had."""

import json

from testbed.credentials.grid import Grid
from testbed.lab.wait import eventually
from testbed.model.attack import Attack
from testbed.model.cell import Authority
from testbed.model.measure import Measure
from testbed.model.outcome import Attempt
from testbed.model.problem import Problem
from testbed.pilot.desk import PILOT_LIMIT, Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid
from testbed.pilot.stages.after import leave, sorted_out, targets_of
from testbed.pilot.stages.beside import PYTHON
from testbed.pilot.stages.estate import ANSWERED, LIMIT, Estate, estate
from testbed.pilot.stages.findings import findings
from testbed.pilot.stages.targets import key_of

POOL = "/etc/grid-security/gridmapdir"
_RECYCLE = """\
cd "$1" || exit 1
find . -name '%*' -samefile "$2" -delete
for account in "${2%%[0-9]*}"[0-9]*; do
    [ "$account" = "$2" ] || [ "$(stat -c %h "$account")" != 1 ] || ln "$account" "%2fcn%3dholder%20of%20$account"
done
[ "$(stat -c %h "$2")" = 1 ]
"""
"""Free the account, and let somebody hold each other one of its pool: whoever comes next gets this one."""
NEEDS = {
    Attack.FORMER_FILE: "closed-files",
    Attack.FORMER_HOME: "start-files",
    Attack.FORMER_PROCESS: "daemon",
}
"""What of the leaver's things each attack needs."""


def reused(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let Alice's payload leave what it can, recycle her lease, and let Bob's look; her daemon looks at his proxy."""
    if desk.world.site.authority is not Authority.GRIDMAP:
        raise Problem("leases are recycled where they are kept: this site asks a service", where=desk.world.site.name)
    with estate(desk, killer=measure is Measure.END_LEFTOVERS) as left:
        ran, said = leave(desk, left, adopts=measure is Measure.CAREFUL_PILOT)
        left.say("ended", left.mark)
        desk.world.node.run(["sh", "-c", _RECYCLE, "sh", POOL, ran.account], limit=LIMIT).check()
        found = targets_of(left)
        targets = {Attack.FORMER_FILE: found[Attack.LEFT_FILE], Attack.FORMER_HOME: found[Attack.LEFT_HOME]}
        orders = {
            "targets": {str(attack): target for attack, target in targets.items()},
            "hold": f"{left.place}/release",
        }
        payload, pilot = desk.send([*PYTHON, json.dumps(orders)], "bob", probe("finder", "finding", "sysv"))
        report = desk.vo.wait(payload, limit=PILOT_LIMIT, until="output")
        if b"\n" not in report.out:
            raise Problem("Bob's payload did not get to run", found=f"{report.state}: {report.why}\n{report.err!r}")
        stolen = _stolen(left, json.loads(report.out.splitlines()[0])["proxy"], desk.world.grid)
        left.say("release", left.mark)
        bobs = desk.end_of(payload, pilot)
    if bobs.account != ran.account:
        raise Problem("Bob's payload did not get Alice's account", found=bobs.account, expected=ran.account)
    attempts, untried = findings(bobs.out.splitlines()[-1], "Bob's payload", bobs.err)
    untried |= {attack: said[thing] for attack, thing in NEEDS.items() if said.get(thing) != "left"}
    return sorted_out(desk, Raid(ran, {**attempts, Attack.FORMER_PROCESS: stolen}), untried)


def _stolen(left: Estate, proxy: str, grid: Grid) -> tuple[Attempt, str]:
    """What Alice's daemon makes of the proxy that Bob's payload has; the key in it is the proof."""
    left.say("read", proxy)
    looks = [left.census()]

    def known() -> bool:
        looks[:] = [left.census()]
        return "daemon-read" in looks[0].answers or not looks[0].running("daemon")

    eventually(known, within=ANSWERED)
    census = looks[0]
    if key_of(grid, "bob") in census.answers.get("daemon-read", {"text": ""})["text"]:
        return Attempt.SUCCEEDED, f"the daemon that Alice left has read the key in {proxy}"
    if running := census.running("daemon"):
        return Attempt.BLOCKED, f"{running} could not read {proxy}"
    return Attempt.BLOCKED, "nothing of what Alice left runs any more"
