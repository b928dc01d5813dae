"""The tracking group of a batch job: lost in a switch of identity, unless the site's policy keeps it."""

import re

from testbed.plugin import matrix, shows

MODULE = "lcmaps_tracking_groupid.mod"
TRACKING = 20011
"""A gid that no group of the worker node has, as SGE and HTCondor give one to each job."""
ID = ("/usr/bin/id", "-G")


def groups(result):
    """The gids of a payload."""
    return {int(gid) for gid in result.text.split()}


@shows("R7")
@matrix(mode="setuid")
def test_with_the_module_the_payload_keeps_the_tracking_group(switch):
    """The plugin adds it to the mapping; without it the batch system loses its job (Nikhef wiki, on the plugin)."""
    without = groups(switch.call(*ID, groups=[TRACKING]))
    with switch.policy(MODULE):
        assert groups(switch.call(*ID, groups=[TRACKING])) == without | {TRACKING}
    assert TRACKING not in without


@matrix(mode="setuid")
def test_no_other_group_of_the_pilot_comes_with_it(switch):
    """Without a range a tracking gid is one without a name (facts of the plugin); the pilot's own are never one."""
    named = switch.account.group.gid
    with switch.policy(MODULE):
        seen = groups(switch.call(*ID, groups=[named, 4, TRACKING]))
    assert seen & {named, 4, TRACKING} == {TRACKING}


@matrix(mode="setuid")
def test_a_range_says_which_groups_track(switch):
    """--tracking-groupid-min and -max (facts of the plugin)."""
    with switch.policy(f"{MODULE} --tracking-groupid-min 20000 --tracking-groupid-max 20099"):
        seen = groups(switch.call(*ID, groups=[TRACKING, 20100, 19999]))
        assert seen & {TRACKING, 20100, 19999} == {TRACKING}


@shows("R7")
@matrix(mode="setuid")
def test_the_group_is_kept_where_lcmaps_itself_switches(switch, site):
    """LCMAPS' manual has tracking_groupid before posix_enf, in the policy of a switch that leaves it to LCMAPS."""
    kept = re.sub(r"(?m)^user_identity_switch_by.*$", "", site.file("glexec.conf").content.decode())
    with (
        switch.policy(MODULE, "lcmaps_posix_enf.mod"),
        switch.configuration(f"{kept}user_identity_switch_by = lcmaps\n"),
    ):
        assert TRACKING in groups(switch.call(*ID, groups=[TRACKING]))


@matrix(mode="setuid log-only")
def test_a_job_without_a_tracking_group_is_a_no_of_the_module(switch):
    """LCMAPS' manual has `tracking_groupid -> posix_enf | posix_enf`: it can fail, and the policy says what follows."""
    with switch.policy(MODULE):
        assert switch.call("/usr/bin/echo", "ran").code == 203
    assert any("the caller has no tracking gid" in line for line in switch.log())
    assert any("class=site reason=no-tracking-gid" in line for line in switch.log())


@matrix(mode="setuid")
def test_a_range_that_is_no_number_is_the_fault_of_the_site(switch):
    """A module that cannot be initialised keeps LCMAPS from starting: 202 (Nikhef wiki, Exit codes of gLExec)."""
    with switch.policy(f"{MODULE} --tracking-groupid-min -1"):
        assert switch.call("/usr/bin/echo", "ran", groups=[TRACKING]).code == 202


@shows("R7")
@matrix(mode="log-only")
def test_where_nothing_is_switched_the_group_stays_in_any_case(switch):
    """In log-only the payload is the pilot's own process, whatever the policy finds (our choice)."""
    assert TRACKING in groups(switch.call(*ID, groups=[TRACKING]))
    with switch.policy(MODULE):
        assert TRACKING in groups(switch.call(*ID, groups=[TRACKING]))
