"""A saved machine, and whoever ran on its node under the same account, outside of any machine."""

import pytest

from testbed.plugin import matrix, shows


@shows("R8")
@matrix(mode="vm", attack="saved-machine")
def test_what_a_payload_on_the_node_puts_into_the_machine_of_the_next(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="vm", attack="saved-machine", measure="own-account")
def test_what_an_account_of_its_own_for_machines_keeps_from_it(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@pytest.mark.slow
@shows("R8")
@matrix(mode="vm", attack="saved-machine", measure="cold-machines")
def test_what_machines_that_are_booted_each_time_keep_from_it(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect
