"""What a careless pilot hands to a payload without meaning to, and what the ways of starting one let through."""

from testbed.model.attack import Stage
from testbed.model.catalogue import of_stage
from testbed.plugin import matrix, shows

LAUNCH = " ".join(threat.attack for threat in of_stage(Stage.LAUNCH))
HANDED = "inherited-descriptor inherited-environment"


@shows("R8")
@matrix(mode="none log-only setuid container vm", attack=LAUNCH)
def test_what_a_payload_of_a_careless_pilot_finds(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="none", attack=HANDED, measure="careful-pilot")
def test_what_it_is_handed_by_a_careful_one(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect
