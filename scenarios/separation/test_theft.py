"""What Alice's payload can reach while Bob's runs beside it. Where nothing separates them the thefts succeed."""

import pytest

from testbed.model.attack import Stage
from testbed.model.catalogue import of_stage
from testbed.model.measure import Measure
from testbed.pilot.measures import taken
from testbed.plugin import matrix, shows
from testbed.plugin.raids import kernel_of

BESIDE = " ".join(threat.attack for threat in of_stage(Stage.BESIDE))


@shows("R8")
@matrix(mode="none log-only setuid container vm", attack=BESIDE)
def test_what_a_payload_can_reach_of_another_and_of_the_pilot(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="bobs-command-line pilots-command-line", measure="hidepid")
def test_what_hidepid_hides(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@pytest.mark.capabilities("SYS_ADMIN")
@matrix(mode="setuid")
def test_hidepid_is_in_force_for_the_time_of_a_raid_and_not_longer(world, notes):
    notes.expectation = None

    def sees_the_first_process():
        account = world.site.pilot_accounts[0].name
        return world.node.run(["test", "-e", "/proc/1"], user=account, limit=10).code == 0

    assert sees_the_first_process()
    with taken(Measure.HIDEPID, world):
        assert not sees_the_first_process()
        assert kernel_of(world).hidepid
    assert sees_the_first_process()
    assert not kernel_of(world).hidepid


@shows("R8")
@matrix(mode="setuid", attack="pilots-open-folder", measure="careful-pilot")
def test_what_a_careful_pilot_leaves_open_to_nobody(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="pilots-abstract-socket", measure="peer-credentials")
def test_whom_a_service_serves_that_asks_the_kernel_who_has_come(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="bobs-open-shared-memory", measure="private-tmp")
def test_what_private_folders_hide(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="container", attack="pilots-abstract-socket pilots-loopback", measure="network-namespace")
def test_what_a_network_of_its_own_hides(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect
