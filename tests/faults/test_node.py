"""Faults of the worker node, on a real one: not felt before, felt while they are there, healed, and nothing is left."""

import dataclasses
from collections.abc import Iterator

import pytest

from testbed.faults.fault import Unfelt, broken
from testbed.faults.leases import encoded
from testbed.faults.node import NODE_FAULTS
from testbed.faults.on_node import KEPT, Together, changed, closed
from testbed.lab.session import opened
from testbed.lab.world import LeasedWorld, World
from testbed.model.fault import Fault
from testbed.model.node_consequence import NODE_CONSEQUENCES
from testbed.model.problem import Problem
from testbed.site.capability import SYS_ADMIN
from testbed.site.load import example

PID = "/run/rsyslogd.pid"
LISTENER = "/run/listener.pid"
LISTENS = f"""\
python3 -c '
import os, socket, time
listening = socket.create_server(("127.0.0.1", 6514))
open("{LISTENER}", "w").write(str(os.getpid()))
time.sleep(20)
' >/dev/null 2>&1 </dev/null &
until [ -s {LISTENER} ]; do sleep 0.02; done
"""
AGAIN = f"""\
pid=$(cat {PID}); kill $pid; while [ -e /proc/$pid ]; do sleep 0.02; done
rm -f {PID}; rsyslogd
"""


@pytest.fixture(scope="module")
def world() -> Iterator[LeasedWorld]:
    """One for all: that a fault leaves nothing is what they are about."""
    site = dataclasses.replace(example("setuid-gridmap"), capabilities=(SYS_ADMIN,))
    with opened(["alpha", "beta"]) as lab, lab.pool.lease(site) as world:
        yield world


@pytest.mark.parametrize("fault", NODE_FAULTS)
def test_a_fault_of_the_node_is_felt_only_while_it_is_there(world: World, fault: Fault) -> None:
    breakage = NODE_FAULTS[fault]
    assert not breakage.felt(world)
    try:
        breakage.inject(world)
        assert breakage.felt(world)
        assert not breakage.healed(world)
    finally:
        breakage.heal(world)
    assert breakage.healed(world)


ALMOST = {
    "a disk that is read-only is not a full one": (Fault.TMP_FULL, Fault.TMP_READ_ONLY),
    "nor is one without inodes": (Fault.TMP_FULL, Fault.TMP_OUT_OF_INODES),
    "one without bytes is not without inodes": (Fault.TMP_OUT_OF_INODES, Fault.TMP_FULL),
    "a full one is not read-only": (Fault.TMP_READ_ONLY, Fault.TMP_FULL),
    "leases that nobody may write are not full": (Fault.LEASES_FULL, Fault.LEASES_READ_ONLY),
    "a pool without leases is not exhausted": (Fault.POOL_EXHAUSTED, Fault.LEASES_MISSING),
    "a daemon that is dead sends nothing on": (Fault.REMOTE_LOG_DEAD, Fault.LOG_DEAD),
}
"""The fault of which the other one, which looks like it, is no proof."""


@pytest.mark.parametrize("almost", ALMOST)
def test_a_fault_is_not_felt_where_another_one_is(world: World, almost: str) -> None:
    fault, other = ALMOST[almost]
    with broken(other, NODE_FAULTS[other], world):
        assert not NODE_FAULTS[fault].felt(world)


SPOILED = {
    "a log host that answers": (
        Fault.REMOTE_LOG_DEAD,
        f"{LISTENS}{AGAIN}",
    ),
    "a daemon that has not read that it should send": (
        Fault.REMOTE_LOG_DEAD,
        f"cp -a /etc/rsyslog.conf /tmp/it; mv /etc/rsyslog.conf.{KEPT} /etc/rsyslog.conf\n{AGAIN}"
        f"mv /etc/rsyslog.conf /etc/rsyslog.conf.{KEPT}; mv /tmp/it /etc/rsyslog.conf",
    ),
    "leases that have room again": (Fault.LEASES_FULL, "rm -f /etc/grid-security/gridmapdir/.filler*"),
    "leases of which no account is left": (Fault.LEASES_FULL, "rm -f /etc/grid-security/gridmapdir/alpha001"),
    "hogs that are asleep": (Fault.BUSY, f"kill -STOP $(cat /run/{KEPT}.hogs)"),
    "a pool with a free account": (Fault.POOL_EXHAUSTED, f"cd /etc/grid-security/gridmapdir; rm %{KEPT}-alpha002"),
    "a disk with room": (Fault.TMP_FULL, "rm /tmp/.filler"),
}
"""What takes away exactly that which a fault is, and leaves the rest."""


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_fault_that_has_lost_its_point_is_not_felt(world: World, spoiled: str) -> None:
    fault, script = SPOILED[spoiled]
    breakage = NODE_FAULTS[fault]
    with broken(fault, breakage, world):
        try:
            world.node.run(["sh", "-ec", script], limit=10).check()
            assert not breakage.felt(world)
        finally:
            world.node.run(["sh", "-c", f"[ ! -e {LISTENER} ] || kill $(cat {LISTENER}); rm -f {LISTENER}"], limit=10)


def test_all_of_them_together_leave_nothing(world: LeasedWorld) -> None:
    assert world.reset() == []


def test_a_node_that_is_well_is_mended_without_harm(world: LeasedWorld) -> None:
    for breakage in NODE_FAULTS.values():
        breakage.heal(world)
    assert world.reset() == []


def test_a_fault_that_does_nothing_is_not_believed_and_one_that_stays_is_a_problem(world: World) -> None:
    idle = changed("/etc/motd", "true", 'grep -q never "$1"')
    with pytest.raises(Unfelt), broken(Fault.BUSY, idle, world):
        pytest.fail("the fault counted as felt")
    staying = closed("/etc/motd", "600", "600")
    with pytest.raises(Problem, match="still felt"), broken(Fault.BUSY, staying, world):
        pass
    closed("/etc/motd", "600", "644").heal(world)


def test_of_faults_that_are_one_each_has_to_be_felt(world: World) -> None:
    there = changed("/etc/motd", 'echo x >"$1"', 'grep -q x "$1"')
    not_there = changed("/etc/issue", "true", "false")
    with pytest.raises(Unfelt), broken(Fault.BUSY, Together((there, not_there)), world):
        pytest.fail("the fault counted as felt")


def test_every_fault_of_the_node_has_a_consequence() -> None:
    assert set(NODE_FAULTS) == set(NODE_CONSEQUENCES)


def test_a_lease_is_called_as_lcmaps_calls_it() -> None:
    """As observed of LCMAPS 1.6.6's gridmapdir."""
    alice = "/DC=org/DC=testbed/O=People/CN=Alice Archer"
    assert encoded(alice) == "%2fdc%3dorg%2fdc%3dtestbed%2fo%3dpeople%2fcn%3dalice%20archer"
