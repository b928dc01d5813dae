"""The tour of `make demo`: two users' payloads side by side on one worker node, once in each mode."""

from testbed.plugin import matrix

EVERY_MODE = "none log-only setuid container vm"


@matrix(mode=EVERY_MODE)
def test_the_payload_runs_as_who_the_oracle_says(raid, expect):
    assert raid.ran == expect


@matrix(mode=EVERY_MODE, user="dave")
def test_a_user_whom_the_site_does_not_map(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(mode=EVERY_MODE, attack="bobs-proxy bobs-file bobs-environment bobs-process pilots-proxy")
def test_what_a_payload_can_reach_of_another_and_of_the_pilot(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@matrix(mode="setuid", authority="argus", user="alice dave")
def test_a_service_says_who_runs_and_as_whom(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect
