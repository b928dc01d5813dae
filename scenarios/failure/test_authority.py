"""Who should say yes or no does not: what question 4 lets the pilot do then, and that a no stays a no."""

from dataclasses import replace

import pytest

from testbed.model.answers import OnInternalError
from testbed.model.condition import Condition
from testbed.model.consequence import CONSEQUENCES
from testbed.model.outcome import End
from testbed.plugin import matrix, shows

CONDITIONS = {
    "who is not there": Condition(causes=("service-unreachable", "service-silent")),
    "whom nobody trusts": Condition(causes=("service-untrusted",)),
    "who cannot decide": Condition(causes=("undecided",)),
    "the VO": Condition(vos=("alpha",)),
    "a role that Alice has not": Condition(roles=("production",)),
}
"""What "depends" can depend on at a site (docs/site.md)."""


@matrix(
    mode="log-only setuid",
    authority="argus",
    fault="refused syn-dropped tls-unknown-ca indeterminate",
    on_internal_error="no depends yes",
    pairs=True,
)
def test_an_authority_without_an_answer_is_an_internal_error(impatient, pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(
    mode="setuid",
    authority="argus",
    fault="tls-unknown-ca indeterminate html deny account-unknown",
    on_internal_error="depends",
    user="alice-production",
)
def test_a_role_that_a_site_trusts_opens_what_is_silent_or_undecided_and_nothing_else(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@pytest.mark.slow
@matrix(
    mode="log-only setuid",
    authority="argus",
    fault=" ".join(CONSEQUENCES),
    on_internal_error="no depends yes",
)
def test_question_4_counts_for_every_fault_of_the_authority(impatient, pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@pytest.mark.slow
@matrix(
    mode="log-only setuid",
    authority="argus",
    fault=" ".join(CONSEQUENCES),
    on_internal_error="depends",
    user="alice-production",
)
def test_so_does_it_for_a_payload_whose_role_the_site_trusts(impatient, pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(
    mode="log-only setuid",
    authority="argus",
    fault="refused tls-unknown-ca indeterminate",
    on_internal_error="depends",
    slow="log-only",
)
def test_what_depends_is_for_the_conditions_of_the_site_to_say(pilot, suite, site, cell, expect):
    documented, seen = {}, {}
    for name, condition in CONDITIONS.items():
        answers = replace(site.answers, on_internal_error=OnInternalError.DEPENDS, on_internal_error_if=(condition,))
        documented[name] = suite.choice.expectation(cell, replace(site, answers=answers)).outcome
        pilot.answers = answers
        seen[name] = pilot.run("/usr/bin/id -un")
    assert seen == documented
    assert {outcome.end for outcome in seen.values()} == {End.UNSEPARATED, End.RETURNED}


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
