"""What Alice's payload leaves behind when it ends, and what the next payload, Bob's, can do with it."""

import pytest

from testbed.plugin import matrix, shows

EVERYWHERE = "none log-only setuid container vm"


@shows("R8")
@matrix(
    mode=EVERYWHERE,
    attack="left-daemon outlived-pilot left-file left-open-file left-segment left-queue left-home left-set-id-file "
    "left-at-job left-cron-job",
)
def test_what_is_left_of_a_payload_when_it_has_ended(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(
    mode="setuid",
    attack="left-daemon left-open-file left-segment left-queue left-set-id-file left-at-job left-cron-job",
    measure="epilogue",
)
def test_what_the_epilogue_of_the_site_takes_away(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="left-open-file left-set-id-file", measure="private-tmp")
def test_what_stays_in_folders_of_the_payloads_own(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="left-set-id-file", measure="tmp-nosuid")
def test_what_set_id_bits_come_to_where_they_do_not_count(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="left-daemon", measure="end-leftovers")
def test_what_the_switch_ends_itself(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="none setuid", attack="left-daemon", measure="careful-pilot")
def test_what_a_pilot_ends_that_adopts_orphans(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@pytest.mark.slow
@shows("R8")
@matrix(mode="log-only", attack="left-daemon", measure="careful-pilot")
def test_what_such_a_pilot_ends_behind_a_switch_that_separates_nothing(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect
