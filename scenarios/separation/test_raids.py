"""Raids themselves: what one leaves on a node decides nothing about the next one."""

import pytest

from testbed.model.attack import Stage
from testbed.model.mode import Mode
from testbed.pilot.staging import STAGES
from testbed.plugin import matrix

APART = {Stage.LOAD}
"""Takes a site whose pilots have uids that no other world has."""


@pytest.mark.slow
@matrix(mode="none log-only setuid container vm")
def test_a_raid_comes_to_the_same_again_where_nobody_has_reset_the_node(pilot, cell, notes):
    notes.expectation = None
    for stage in Stage:
        if stage in APART or (stage is Stage.REUSED and cell.mode is not Mode.SETUID):
            continue
        first, again = (STAGES[stage](pilot, None) for _ in range(2))
        assert _attempts(again) == _attempts(first), f"{stage}: {again.json()}"
    notes.observed = "the same"


def _attempts(raid):
    return {attack: attempt for attack, (attempt, _) in raid.attempts.items()}
