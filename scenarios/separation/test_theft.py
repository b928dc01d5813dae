"""What Alice's payload can reach while Bob's runs beside it. Where nothing separates them the thefts succeed."""

from testbed.plugin import matrix, shows


@shows("R8")
@matrix(
    mode="none log-only setuid vm",
    attack="bobs-proxy bobs-file bobs-environment bobs-command-line bobs-process pilots-proxy pilots-environment pilots-process",
)
def test_what_a_payload_can_reach_of_another_and_of_the_pilot(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="bobs-command-line", measure="hidepid")
def test_what_a_counter_measure_does_about_it(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect
