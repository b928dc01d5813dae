"""Faults of the service are felt by what a client sees and healed again; one that is not there is not felt."""

import pytest

from testbed.faults.catalogue import FAULTS
from testbed.faults.client import accounts, sights
from testbed.faults.fault import Breakage, Unfelt, broken
from testbed.faults.service import InService, Shortened, SplitBrain
from testbed.faults.signs import SIGNS, well
from testbed.model.consequence import CONSEQUENCES
from testbed.model.fault import Fault
from testbed.model.problem import Problem
from tests.faults.conftest import Place

IN_SERVICE = [fault for fault, breakage in FAULTS.items() if isinstance(breakage, InService | Shortened | SplitBrain)]
MEANT = [(authority, fault) for fault in IN_SERVICE for authority in CONSEQUENCES[fault].meant]


@pytest.mark.parametrize(("place", "fault"), MEANT, indirect=["place"])
def test_every_fault_of_the_service_is_felt_and_healed(place: Place, fault: Fault) -> None:
    with broken(fault, FAULTS[fault], place):  # type: ignore[arg-type]
        pass


def test_a_service_that_is_well_shows_no_sign_of_any_fault(place: Place) -> None:
    seen = sights(place)  # type: ignore[arg-type]
    assert all(well(each) for each in seen)
    assert {fault for fault, sign in SIGNS.items() if any(sign(each) for each in seen)} == set()


@pytest.mark.parametrize("fault", set(IN_SERVICE) - {Fault.SPLIT_BRAIN})
def test_a_fault_that_is_not_there_is_not_felt(place: Place, fault: Fault) -> None:
    class Idle:
        """Does nothing, and looks as the fault itself does."""

        inject = heal = staticmethod(lambda world: None)
        felt, healed = FAULTS[fault].felt, FAULTS[fault].healed

    idle: Breakage = Idle()  # type: ignore[assignment]
    with pytest.raises(Unfelt), broken(fault, idle, place):  # type: ignore[arg-type]
        pytest.fail("the fault counted as felt")


def test_a_fault_that_stays_is_a_problem(place: Place) -> None:
    class Staying(InService):
        """Never heals."""

        def heal(self, world: object) -> None:
            """Do nothing."""

    with pytest.raises(Problem, match="still felt"), broken(Fault.DENY, Staying(Fault.DENY), place):  # type: ignore[arg-type]
        pass


def test_a_fault_of_the_first_endpoint_leaves_the_second_alone(place: Place) -> None:
    with broken(Fault.FIRST_DENIES, FAULTS[Fault.FIRST_DENIES], place):  # type: ignore[arg-type]
        first, second = sights(place)  # type: ignore[arg-type]
        assert (well(first), well(second)) == (False, True)
        assert accounts(second)
