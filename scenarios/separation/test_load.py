"""A payload that takes what it gets of its node: processes, memory, disk, inodes. The testbed limits what it takes."""

import pytest

from testbed.plugin import matrix, shows


@shows("R8")
@matrix(mode="none log-only setuid container vm", attack="many-processes much-memory full-disk many-files")
def test_what_a_payload_can_take_from_the_pilot_and_the_node(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid container", attack="much-memory", measure="limits")
def test_what_the_limits_of_a_batch_system_keep_from_it(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@pytest.mark.slow
@shows("R8")
@matrix(mode="none log-only", attack="much-memory", measure="limits")
def test_what_the_limits_keep_from_a_payload_of_the_pilots_own_account(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@pytest.mark.slow
@shows("R8")
@matrix(mode="setuid", attack="full-disk many-files", measure="private-tmp")
def test_what_a_folder_of_its_own_keeps_from_the_pilots(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect
