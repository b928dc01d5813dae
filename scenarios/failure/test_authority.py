"""Who should say yes or no does not: what question 4 lets the pilot do then, and that a no stays a no."""

from testbed.plugin import matrix


@matrix(
    mode="log-only setuid",
    authority="argus",
    fault="refused syn-dropped tls-unknown-ca indeterminate deny",
    on_internal_error="no depends yes",
)
def test_an_authority_without_an_answer_is_an_internal_error_and_a_denial_is_none(impatient, pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(mode="log-only setuid", authority="argus scas gums", fault="refused deny")
def test_the_answer_of_the_site_counts_when_its_authority_is_away(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(mode="setuid", authority="argus", fault="first-down first-slow first-denies cyrillic-echo")
def test_a_pilot_notices_nothing_of_what_its_switch_can_get_around(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect
