"""Who should say yes or no does not: what question 4 lets the pilot do then, and that a no stays a no."""

from testbed.plugin import matrix, shows


@matrix(
    mode="log-only setuid",
    authority="argus",
    fault="refused syn-dropped tls-unknown-ca indeterminate",
    on_internal_error="no depends yes",
)
def test_an_authority_without_an_answer_is_an_internal_error(impatient, pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@shows("R6")
@matrix(mode="log-only setuid", authority="argus", fault="deny", on_internal_error="no depends yes")
def test_a_denial_is_final_whatever_question_4_says(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(mode="log-only setuid", authority="argus", fault="account-unknown", on_internal_error="yes")
def test_as_an_account_that_the_node_does_not_have_nobody_runs(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(mode="log-only setuid", authority="scas gums", fault="refused")
def test_the_answer_of_the_site_counts_when_its_authority_is_away(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@shows("R6")
@matrix(mode="log-only setuid", authority="scas gums", fault="deny")
def test_every_authority_can_refuse(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(mode="setuid", authority="argus", fault="first-down first-slow first-denies cyrillic-echo")
def test_a_pilot_notices_nothing_of_what_its_switch_can_get_around(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect
