"""Faults that no service has in itself, in a real world: felt by the node, healed, and never believed unseen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from testbed.faults import reach
from testbed.faults.catalogue import FAULTS
from testbed.faults.client import sights
from testbed.faults.fault import Breakage, Unfelt, broken
from testbed.faults.names import Names
from testbed.faults.network import Filtered, Unplugged
from testbed.faults.reach import reaches
from testbed.faults.revocation import Revocation
from testbed.faults.signs import well
from testbed.lab.session import Lab, opened
from testbed.lab.world import LeasedWorld, World
from testbed.model.fault import Fault
from testbed.model.problem import Problem
from testbed.site.load import example

OUTSIDE = [fault for fault, kind in FAULTS.items() if isinstance(kind, Filtered | Unplugged | Names | Revocation)]
Step = Callable[[World], object]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with opened(["alpha", "beta"], example("setuid-argus").authority_hosts) as lab:
        yield lab


@pytest.fixture
def world(lab: Lab) -> Iterator[LeasedWorld]:
    with lab.pool.lease(example("setuid-argus")) as world:
        yield world


@dataclass(frozen=True)
class Steps:
    """A fault of which some steps are others."""

    inject: Step
    felt: Callable[[World], bool]
    heal: Step
    healed: Callable[[World], bool]


def but_for(breakage: Breakage, **steps: Step) -> Breakage:
    """The fault with these steps in place of its own."""
    own = {name: getattr(breakage, name) for name in ("inject", "felt", "heal", "healed")}
    return Steps(**(own | steps))  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("fault", OUTSIDE)
def test_a_fault_outside_the_service_is_felt_and_leaves_nothing(world: LeasedWorld, fault: Fault) -> None:
    with broken(fault, FAULTS[fault], world):
        pass
    assert reaches(world) == ["done", "done"]
    assert all(well(each) for each in sights(world))
    assert world.reset() == []


@pytest.mark.parametrize("fault", OUTSIDE)
def test_one_that_is_not_there_is_not_felt(world: LeasedWorld, fault: Fault) -> None:
    with pytest.raises(Unfelt), broken(fault, but_for(FAULTS[fault], inject=lambda _: None), world):
        pytest.fail("the fault counted as felt")


@pytest.mark.parametrize("fault", OUTSIDE)
def test_one_that_stays_is_a_problem(world: LeasedWorld, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PATIENCE", 1.0)  # it is in vain, for however long
    staying = but_for(FAULTS[fault], heal=lambda _: None)
    try:
        with pytest.raises(Problem, match="still felt"), broken(fault, staying, world):
            pass
    finally:
        FAULTS[fault].heal(world)


def test_a_control_port_stays_reachable_when_the_service_is_not(world: LeasedWorld) -> None:
    for fault in (Fault.SYN_DROPPED, Fault.ANSWERS_DROPPED):
        with broken(fault, FAULTS[fault], world):
            assert all(host.control.fault()["fault"] == "none" for host in world.authorities)
