"""A payload that takes what it gets of its node: processes, memory, disk. What it takes is limited by the testbed."""

from testbed.plugin import matrix, shows


@shows("R8")
@matrix(mode="none log-only setuid container vm", attack="many-processes much-memory full-disk")
def test_what_a_payload_can_take_from_the_pilot_and_the_node(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="none setuid container", attack="much-memory", measure="limits")
def test_what_the_limits_of_a_batch_system_keep_from_it(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect
