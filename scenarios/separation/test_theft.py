"""What Alice's payload can reach while Bob's runs beside it. Where nothing separates them the thefts succeed."""

import contextlib
import dataclasses

import pytest

from testbed.model.attack import Attack, Stage
from testbed.model.catalogue import of_stage
from testbed.model.measure import Measure
from testbed.model.outcome import Attempt
from testbed.model.problem import Problem
from testbed.pilot import measures
from testbed.pilot.measures import taken
from testbed.plugin import matrix, raids, shows
from testbed.plugin.raids import Where, kernel_of
from testbed.site.choice import Choice

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


@pytest.mark.capabilities("SYS_ADMIN")
@matrix(mode="setuid")
def test_a_measure_that_fails_half_way_leaves_nothing_of_it(world, notes, monkeypatch):
    notes.expectation = None
    mounts = world.node.run(["cat", "/proc/self/mounts"], limit=10).text
    monkeypatch.setattr(measures, "SHARED", (*measures.SHARED, "/nowhere"))
    with pytest.raises(Problem, match="mount"), taken(Measure.TMP_NOSUID, world):
        pytest.fail("it is not in force")
    assert world.node.run(["cat", "/proc/self/mounts"], limit=10).text == mounts


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


@shows("R8")
@matrix(mode="container")
def test_a_site_whose_containers_have_a_network_of_their_own_has_it_expected(suite, worlds, site, cell, notes):
    """`own_network` in its site.toml, and no counter-measure of a raid's: all that succeeds otherwise is blocked.

    Pilots start its containers so. Its worker node is made of the same files: a warm one of the usual site will do.
    """
    strict = dataclasses.replace(site, own_network=True)
    theirs = dataclasses.replace(
        suite, choice=Choice((strict,)), folder=suite.folder / "own-network", raids={}, kernels={}
    )

    @contextlib.contextmanager
    def warm(_):
        with worlds(site) as world:
            yield dataclasses.replace(world, site=strict)

    with warm(strict) as world:
        if why_not := suite.why_uncontained(world):
            pytest.skip(why_not)
        kernel = kernel_of(world)
    where = Where.of(cell)
    notes.evidence = f"own-network/{where.evidence}"
    found = raids.raid(theirs, warm, where)
    for threat in of_stage(Stage.BESIDE):
        if threat.attack not in found.untried:
            attacked = dataclasses.replace(cell, attack=threat.attack)
            assert found.outcome(threat.attack) == theirs.choice.expectation(attacked, strict, kernel).outcome
    for attack in (Attack.PILOTS_LOOPBACK, Attack.PILOTS_ABSTRACT_SOCKET):
        assert found.outcome(attack).attack is Attempt.BLOCKED
