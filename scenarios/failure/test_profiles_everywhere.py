"""Every client under every fault of the authority and of the node: `test_profiles` has a choice of them in every run.

Documented is what each one's source says (testbed/pilot/replay/documented.py), and what each fault is to clients
(testbed/pilot/replay/circumstance.py); who ran as whom the node says.
"""

import pytest

from testbed.model.consequence import CONSEQUENCES
from testbed.model.fault import Fault
from testbed.model.node_consequence import NODE_CONSEQUENCES
from testbed.pilot.replay.circumstance import NO_ROOM, circumstance_of
from testbed.plugin import matrix

pytestmark = pytest.mark.slow


ON_NODE = [fault for fault in NODE_CONSEQUENCES if fault is not Fault.LOG_STOPPED]
"""A log daemon that is stopped has room for ten lines, which the first of so many clients use up: then it is stuck."""


OF_AUTHORITY = [fault for fault in CONSEQUENCES if fault is not Fault.FLAKY]
"""Under a service that fails twice some clients are mapped by the second one, whose leases are its own: who is whom
depends on who comes first, and HTCondor's calls for one payload may be two accounts (observed)."""


def fates(replays):
    return {name: each.fate for name, each in replays.items()}


@matrix(mode="log-only setuid", authority="argus", fault=" ".join(["none", "no-config", *OF_AUTHORITY]))
def test_whatever_is_wrong_with_the_authority_a_client_does_what_its_source_says(
    replay, cell, documented, impatient, broken_world
):
    """Each client's source: testbed/pilot/profiles; what the fault comes to: testbed/model/consequence.py."""
    met = circumstance_of(cell)
    seen = replay(str(cell.fault), met.truth)
    assert fates(seen) == documented(seen, met.kind, met.code)


@pytest.mark.capabilities("SYS_ADMIN")
@matrix(mode="log-only setuid", fault=" ".join(ON_NODE))
def test_whatever_is_wrong_with_the_node_a_client_does_what_its_source_says(replay, cell, documented, broken_world):
    """Each client's source: testbed/pilot/profiles; what the fault comes to: testbed/model/node_consequence.py."""
    met = circumstance_of(cell)
    ways = {"top": "/var/tmp"} if cell.fault in NO_ROOM else {}
    seen = replay(str(cell.fault), met.truth, **ways)
    assert fates(seen) == documented(seen, met.kind, met.code, recorded=met.recorded)
