"""The table of killings in docs/failures.md is that of the model."""

import itertools
from pathlib import Path

import pytest

from testbed.model.death import AGAIN, ENDED, RETURNED, Step, Victim
from testbed.model.deaths import DEATHS, deaths
from testbed.model.mode import Mode
from testbed.report.deaths import table

DOC = Path(__file__).parents[2] / "docs/failures.md"
ABSENT = {
    *itertools.product((Victim.FRONT, Victim.KEEPER), (Step.SENT, Step.TAKEN, Step.ENDED)),
    *itertools.product(Victim, [Step.BOOTING]),
    *itertools.product([Victim.MACHINE], Step),
}
"""No switch is there yet, or no more; and no machine."""
UNSWITCHED = itertools.product(
    (Victim.AGENT, Victim.NODE, Victim.QUEUE), [step for step in Step if step not in (Step.DECIDING, Step.BOOTING)]
)
"""Nobody is called, and nobody asked."""
BEHIND = (Victim.FRONT, Victim.KEEPER, Victim.MACHINE)
IN_MACHINE = {
    *itertools.product(Victim, (Step.BOOTING, Step.STARTED, Step.RUNNING, Step.ENDED)),
} - {
    *itertools.product(BEHIND, [Step.ENDED]),
    *itertools.product((Victim.FRONT, Victim.KEEPER), [Step.STARTED]),
    *itertools.product([Victim.AUTHORITY], (Step.STARTED, Step.RUNNING)),
}
"""What comes before is as in log-only, and nothing is left to be cleaned. Who is behind the payload ends with it; from
started to running nothing changes for the switch; and no payload could be told to end after the authority."""


def test_the_documented_table_of_killings_is_that_of_the_model() -> None:
    assert table() in DOC.read_text(), f"put this into {DOC.name}:\n{table()}"


@pytest.mark.parametrize("mode", [Mode.SETUID, Mode.LOG_ONLY])
def test_everybody_is_killed_at_every_step_at_which_he_is_there(mode: Mode) -> None:
    told = [(death.victim, death.step) for death in deaths(mode)]
    assert sorted(told) == sorted(set(itertools.product(Victim, Step)) - ABSENT)


def test_where_no_switch_is_called_everybody_is_who_is_there() -> None:
    assert sorted((death.victim, death.step) for death in deaths(Mode.NONE)) == sorted(UNSWITCHED)


def test_where_a_payload_has_a_machine_everybody_is_from_its_start_on() -> None:
    assert sorted((death.victim, death.step) for death in deaths(Mode.VM)) == sorted(IN_MACHINE)


def test_what_has_run_and_may_run_again_is_said_to_have() -> None:
    assert {death.then for death in DEATHS} == {AGAIN, ENDED, RETURNED}
    assert all(death.doubt for death in DEATHS if death.ran and death.then == AGAIN)
