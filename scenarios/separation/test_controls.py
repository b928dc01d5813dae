"""That the probes work in a container and in a machine: what blocks them there is the place, not what it lacks."""

from testbed.model.attack import ENCLOSING
from testbed.model.catalogue import CATALOGUE
from testbed.model.outcome import Attempt
from testbed.plugin import matrix

CONTROLLED = " ".join(
    attack for attack, threat in CATALOGUE.items() if any(threat.controlled_in(mode) for mode in ENCLOSING)
)


@matrix(mode="container vm", attack=CONTROLLED)
def test_an_attack_succeeds_where_its_victim_is_in_there_as_well(control, cell, notes):
    """One payload is both sides: with nothing between them each attack that is called blocked elsewhere succeeds."""
    attempt, saw = control.attempts[cell.attack]
    notes.observed = f"{attempt}: {saw}"
    assert attempt is Attempt.SUCCEEDED, saw
