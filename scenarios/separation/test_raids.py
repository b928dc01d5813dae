"""Raids themselves: what one leaves on a node decides nothing about the next one."""

import pytest

from testbed.model.attack import ENCLOSING, Chance, Stage
from testbed.model.catalogue import of_stage
from testbed.model.kernel import Kernel
from testbed.pilot.staging import STAGES
from testbed.plugin import matrix

APART = {Stage.LOAD}
"""Takes a site whose pilots have uids that no other world has."""


@pytest.mark.slow
@matrix(mode="none log-only setuid container vm")
def test_a_raid_comes_to_the_same_again_where_nobody_has_reset_the_node(pilot, cell, notes):
    notes.expectation = None
    for stage in Stage:
        if stage in APART or not _is_staged(stage, cell.mode):
            continue
        first, again = (STAGES[stage](pilot, None) for _ in range(2))
        assert _attempts(again) == _attempts(first), f"{stage}: {again.json()}"
    notes.observed = "the same"


def _is_staged(stage, mode):
    if stage is Stage.WITHIN:  # nothing is closed elsewhere, and its liar would end the switch that it runs under
        return mode in ENCLOSING
    return any(threat.chance(mode, Kernel()) is not Chance.MEANINGLESS for threat in of_stage(stage))


def _attempts(raid):
    return {attack: attempt for attack, (attempt, _) in raid.attempts.items()}
