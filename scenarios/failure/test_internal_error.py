"""The switch has an internal error: what question 4 lets the pilot do."""

from testbed.plugin import matrix


@matrix(mode="none log-only setuid vm", fault="no-config", on_internal_error="no depends yes")
def test_a_missing_configuration_is_an_internal_error(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(mode="log-only setuid vm", fault="no-config")
def test_on_an_internal_error_the_answer_of_the_site_counts(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect
