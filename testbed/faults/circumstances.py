"""What may be wrong while a workload runs: nothing, one worker node, or one user."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

from testbed.faults.catalogue import FAULTS
from testbed.faults.fault import broken
from testbed.lab.farm import FarmNode
from testbed.lab.world import LeasedWorld
from testbed.model.fault import Fault

BANNED = "bob"
BANS = "/etc/grid-security/ban_users.db"
LIMIT = 10.0
_ADD = 'cp -p "$1" "$1.before" && printf "\\"%s\\"\\n" "$2" >>"$1"'
_PUT_BACK = '[ ! -e "$1.before" ] || mv "$1.before" "$1"'

Circumstance = Callable[[LeasedWorld, Sequence[FarmNode]], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def well(world: LeasedWorld, nodes: Sequence[FarmNode]) -> Iterator[None]:
    """Nothing is wrong."""
    yield


@contextlib.contextmanager
def bad_node(world: LeasedWorld, nodes: Sequence[FarmNode]) -> Iterator[None]:
    """The last node has lost its glexec.conf: neither its switch nor its gatekeeper starts anything."""
    there = dataclasses.replace(world, node=nodes[-1].host, node_name=nodes[-1].name)
    with broken(Fault.NO_CONFIG, FAULTS[Fault.NO_CONFIG], there):
        yield


@contextlib.contextmanager
def banned_user(world: LeasedWorld, nodes: Sequence[FarmNode]) -> Iterator[None]:
    """One of three users is banned at the site."""
    dn = world.grid.bearer(BANNED).dn
    try:
        for node in nodes:
            node.host.run(["sh", "-c", _ADD, "sh", BANS, dn], limit=LIMIT).check()
        yield
    finally:
        for node in nodes:
            node.host.run(["sh", "-c", _PUT_BACK, "sh", BANS], limit=LIMIT).check()


CIRCUMSTANCES: Mapping[str, Circumstance] = {"well": well, "bad-node": bad_node, "banned-user": banned_user}
