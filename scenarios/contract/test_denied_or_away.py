"""203 means two things: a valid decision that is no, and no decision to be had. The cause tells them apart."""

import pytest

from testbed.model.effect import refused
from testbed.plugin import matrix, shows

EVERYWHERE = "log-only setuid"
BANNED = refused(203, "denied", "banned")


def away(reason):
    return refused(203, "unavailable", reason)


@shows("R6", "R10")
@matrix(mode=EVERYWHERE)
def test_who_is_banned_runs_nothing_and_nobody_else_notices(switch, named):
    """User banned: 203 (Nikhef wiki, Exit codes of gLExec). Banning one user of a pilot is what the switch is for."""
    with switch.altered(named("-banmapfile"), '"/DC=org/DC=testbed/O=People/CN=Alice Archer"\n'):
        assert switch.tries() == BANNED
        assert switch.tries(user="bob") == switch.runs(user="bob")
    assert switch.tries() == switch.runs()


@shows("R6", "R10")
@matrix(mode=EVERYWHERE)
def test_who_holds_a_banned_attribute_runs_nothing(switch, named, policy_with):
    """lcmaps_ban_fqan.mod refuses an FQAN (its manual page; observed)."""
    file = named("-banmapfile")
    rules = "/^ban_dn /s/-> voms_localgroup/-> ban_fqan\\nban_fqan -> voms_localgroup/"
    plugin = f'ban_fqan = "lcmaps_ban_fqan.mod -banmapfile {file}"\n'
    start = f"{switch.option('lcmaps_get_account_policy')}:"
    role = switch.fqans("alice-production")[0]
    with (
        policy_with(start, plugin + start),
        switch.altered(switch.policy_file, script=f'sed -i "{rules}" "$1"'),
        switch.altered(file, f'"{role}"\n"{role.removesuffix("/Capability=NULL")}"\n'),
    ):
        assert switch.tries(user="alice-production") == BANNED
        assert switch.tries() == switch.runs()


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("option", ["-banmapfile", "-groupmapfile", "-gridmapfile"])
def test_a_map_file_that_is_not_there_is_no_decision(switch, named, option):
    """LCMAPS fails where a map file is missing or not to be read (observed): 203, and it is not the user's doing."""
    path = named(option)
    with switch.without(path):
        assert switch.tries() == away("map-unreadable")


@matrix(mode="setuid")
@pytest.mark.parametrize("option", ["-banmapfile", "-groupmapfile", "-gridmapfile"])
def test_a_map_file_that_account_glexec_cannot_read_is_no_decision(switch, named, option):
    """LCMAPS runs as account glexec, which has to read what the policy names (observed)."""
    with switch.altered(named(option), mode="0600", owner="root:root"):
        assert switch.tries() == away("map-unreadable")


@matrix(mode="setuid")
def test_an_exhausted_pool_is_no_denial(switch, named):
    """No pool account is left: LCMAPS fails, 203 (Nikhef wiki, Exit codes of gLExec); later may be better."""
    with switch.altered(named("-gridmapdir"), script=f'rm -f "$1"/{switch.pool().prefix}[0-9]*'):
        assert switch.tries() == away("pool-exhausted")
        assert switch.tries(user="carol") == switch.runs(user="carol")


@matrix(mode="setuid")
def test_leases_that_cannot_be_written_or_are_not_there_are_no_denial(switch, named):
    """gridmapdir belongs to root, is not readable, or is gone: LCMAPS fails, 203 (observed)."""
    folder, seen = named("-gridmapdir"), {}
    with switch.altered(folder, owner="root:root", mode="0755"):
        seen["not writable"] = switch.tries()
    with switch.altered(folder, owner="root:root", mode="0700"):
        seen["not readable"] = switch.tries()
    with switch.without(folder):
        seen["gone"] = switch.tries()
    assert seen == dict.fromkeys(seen, away("leases-unusable"))


@matrix(mode="setuid")
def test_an_account_that_passwd_does_not_know_is_no_denial(switch):
    """The mapped account is missing in passwd: LCMAPS fails, 203 (Nikhef wiki, Exit codes of gLExec)."""
    with switch.altered("/etc/passwd", script=f'sed -i "/^{switch.pool().prefix}[0-9]/d" "$1"'):
        assert switch.tries() == away("account-missing")


@matrix(mode=EVERYWHERE)
def test_a_policy_that_the_file_does_not_have_decides_nothing(switch):
    """LCMAPS fails without saying why (observed): 203, undecided."""
    with switch.configured(lcmaps_get_account_policy="no_such_policy"):
        assert switch.tries() == refused(203, "undecided", "lcmaps-refused")


@matrix(mode=EVERYWHERE)
def test_an_authority_that_does_not_answer_is_waited_for_but_not_for_ever(switch, named):
    """LCMAPS has mapping_timeout, an option of ours: 203 as for a service that cannot be reached (our choice)."""
    with (
        switch.configured(mapping_timeout="1"),
        switch.altered(named("-banmapfile"), script='rm "$1"; mkfifo -m 644 "$1"'),
    ):
        effect = switch.tries(limit=8)
    assert effect == away("timed-out")
    assert 1 <= effect.seconds < 6


@matrix(mode=EVERYWHERE)
def test_a_caller_cannot_choose_what_the_site_does_not_offer(switch):
    """GLEXEC_MODE is lcmaps_get_account, as BLAH sets it, or verify (Nikhef wiki); how that is named: our choice."""
    modes = {
        "lcmaps_get_account": switch.runs(),
        "none": refused(201, "caller", "mode-unknown"),
        "log-only": refused(201, "caller", "mode-unknown"),
        "lcmaps_verify_account": refused(201, "caller", "mode-unknown"),  # the site names no policy for it
    }
    assert {mode: switch.tries(env={"GLEXEC_MODE": mode}) for mode in modes} == modes


@matrix(mode="setuid")
def test_to_verify_an_account_is_to_run_as_that_one_or_not_at_all(switch):
    """lcmaps_verify_account_policy, with the account in GLEXEC_ACCOUNT (the latter is our choice)."""
    with switch.configured(lcmaps_verify_account_policy=switch.option("lcmaps_get_account_policy")):
        own, last = switch.facts().user, switch.pool().accounts[-1].name
        verify = {"GLEXEC_MODE": "lcmaps_verify_account"}
        seen = {name: switch.tries(env=verify | {"GLEXEC_ACCOUNT": name}) for name in (own, last, "root", "")}
    other, unnamed = refused(203, "denied", "account-differs"), refused(201, "caller", "account-not-named")
    assert seen == {own: switch.runs(), last: other, "root": other, "": unnamed}
