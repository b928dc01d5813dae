"""One after the other on the same account: Alice's lease is recycled, and Bob's payload gets the account she had."""

import contextlib
from collections.abc import Iterator

from testbed.model.attack import Attack
from testbed.model.cell import Authority
from testbed.model.measure import Measure
from testbed.model.problem import Problem
from testbed.pilot.desk import Desk
from testbed.pilot.raid import Raid
from testbed.pilot.stages.after import leave, not_left, sorted_out, targets_of
from testbed.pilot.stages.estate import LIMIT, estate
from testbed.pilot.stages.findings import findings
from testbed.pilot.stages.successor import succeeded

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
            found = targets_of(left)
            targets = {Attack.FORMER_FILE: found[Attack.LEFT_FILE], Attack.FORMER_HOME: found[Attack.LEFT_HOME]}
            bobs, stolen = succeeded(desk, left, "bob", targets)
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
