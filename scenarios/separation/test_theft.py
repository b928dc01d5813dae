"""What Alice's payload can reach while Bob's runs beside it. Where nothing separates them the thefts succeed."""

from testbed.model.attack import Stage
from testbed.model.catalogue import of_stage
from testbed.plugin import matrix, shows

BESIDE = " ".join(threat.attack for threat in of_stage(Stage.BESIDE))


@shows("R8")
@matrix(mode="none log-only setuid vm", attack=BESIDE)
def test_what_a_payload_can_reach_of_another_and_of_the_pilot(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="bobs-command-line pilots-command-line", measure="hidepid")
def test_what_hidepid_hides(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="pilots-open-folder", measure="careful-pilot")
def test_what_a_careful_pilot_leaves_open_to_nobody(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="pilots-abstract-socket", measure="peer-credentials")
def test_whom_a_service_serves_that_asks_the_kernel_who_has_come(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect
