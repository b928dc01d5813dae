"""One after the other on the same account: Alice's lease is recycled, and Bob's payload gets the account she had."""

import contextlib
import json
from collections.abc import Iterator

from testbed.credentials.grid import Grid
from testbed.lab.wait import eventually
from testbed.model.attack import Attack
from testbed.model.cell import Authority
from testbed.model.measure import Measure
from testbed.model.outcome import Attempt, Outcome
from testbed.model.problem import Problem
from testbed.pilot.desk import PILOT_LIMIT, Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid
from testbed.pilot.stages.after import FINDER, leave, not_left, sorted_out, targets_of
from testbed.pilot.stages.bystander import PYTHON
from testbed.pilot.stages.estate import ANSWERED, LIMIT, Estate, estate
from testbed.pilot.stages.findings import findings
from testbed.pilot.stages.targets import key_of

POOL = "/etc/grid-security/gridmapdir"
_RECYCLE = """\
cd "$1" || exit 1
rm -f ./%*
for account in "${2%%[0-9]*}"[0-9]*; do
    [ "$account" = "$2" ] || ln "$account" "%2fcn%3dholder%20of%20$account"
done
[ "$(stat -c %h "$2")" = 1 ]
"""
"""Free all accounts, and let somebody hold each other one of the pool: whoever comes next gets this one."""
_GIVE_BACK = 'rm -f "$1"/%2fcn%3dholder%20of%20*'
NEEDS = {
    Attack.FORMER_FILE: "closed-files",
    Attack.FORMER_HOME: "start-files",
    Attack.FORMER_PROCESS: "daemon",
}
"""What of the leaver's things each attack needs."""


def reused(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let Alice's payload leave what it can, recycle her lease, and let Bob's look; her daemon looks at his proxy."""
    with estate(desk, killer=measure is Measure.END_LEFTOVERS) as left:
        ran, said = leave(desk, left, adopts=measure is Measure.CAREFUL_PILOT)
        left.say("ended", left.mark)
        with _recycled(desk, ran.account):
            bobs, stolen = _successor(desk, left)
    if bobs.account != ran.account:
        raise Problem("Bob's payload did not get Alice's account", found=bobs.account, expected=ran.account)
    attempts, untried = findings(bobs.out.splitlines()[-1], "Bob's payload", bobs.err)
    raid = Raid(ran, {**attempts, Attack.FORMER_PROCESS: stolen}, untried)
    return sorted_out(desk.mode, raid, not_left(said, NEEDS))


@contextlib.contextmanager
def _recycled(desk: Desk, account: str) -> Iterator[None]:
    """An account is the only one that is free."""
    node, site = desk.world.node, desk.world.site
    if site.authority is not Authority.GRIDMAP:
        raise Problem("leases are recycled where they are kept: this site asks a service", where=site.name)
    try:
        node.run(["sh", "-c", _RECYCLE, "sh", POOL, account], limit=LIMIT).check()
        yield
    finally:
        node.run(["sh", "-c", _GIVE_BACK, "sh", POOL], limit=LIMIT).check()


def _successor(desk: Desk, left: Estate) -> tuple[Outcome, tuple[Attempt, str]]:
    """What becomes of Bob's payload, which looks around, and what Alice's daemon makes of its proxy meanwhile."""
    found = targets_of(left)
    targets = {Attack.FORMER_FILE: found[Attack.LEFT_FILE], Attack.FORMER_HOME: found[Attack.LEFT_HOME]}
    told = {str(attack): target for attack, target in targets.items()}
    orders = json.dumps({"targets": told, "hold": f"{left.place}/release"})
    payload, pilot = desk.send([*PYTHON, orders], "bob", probe("finder", *FINDER))
    report = desk.vo.wait(payload, limit=PILOT_LIMIT, until="output")
    if b"\n" not in report.out:
        raise Problem("Bob's payload did not get to run", found=f"{report.state}: {report.why}\n{report.err!r}")
    stolen = _stolen(left, json.loads(report.out.splitlines()[0])["proxy"], desk.world.grid)
    left.say("release", left.mark)
    return desk.end_of(payload, pilot), stolen


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
