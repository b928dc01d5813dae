"""What the switch answers to its caller: every documented exit code with its cause, and what comes of the call."""

from testbed.model.effect import Cause, Effect, refused
from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"
NO_COMMAND = refused(201, "caller", "command-unusable")
NOT_LISTED = refused(203, "denied", "caller-not-listed")


@matrix(mode=EVERYWHERE)
def test_the_exit_code_of_the_payload_is_passed_on(switch):
    """Codes of the payload are passed through (Nikhef wiki, Exit codes of gLExec)."""
    assert switch.tries(then="exit 17") == switch.runs(then="exit 17", end="exit 17")


@matrix(mode=EVERYWHERE)
def test_payload_codes_that_look_like_those_of_the_switch_become_204(switch):
    """Codes 201 to 204 of a payload are reported as 204 (Nikhef wiki, Exit codes of gLExec)."""
    codes = {200: 200, 201: 204, 202: 204, 203: 204, 204: 204, 205: 205}
    assert {ours: switch.tries(then=f"exit {ours}") for ours in codes} == {
        ours: switch.runs(then=f"exit {ours}", end=f"exit {ours}", code=code) for ours, code in codes.items()
    }


@matrix(mode=EVERYWHERE)
def test_a_payload_ended_by_a_signal_is_128_and_the_signal(switch):
    """128+n for signal n: shell convention, as in the table of DIRAC's glexec computing element."""
    assert {number: switch.tries(then=f"kill -{number} $$") for number in (1, 9, 15)} == {
        number: switch.runs(then=f"kill -{number} $$", end=f"signal {number}") for number in (1, 9, 15)
    }


@matrix(mode=EVERYWHERE)
def test_without_a_credential_the_caller_is_at_fault(switch):
    """No client certificate: 201 since gLExec 0.6.9 (Nikhef wiki, Exit codes of gLExec)."""
    assert switch.tries(env={"GLEXEC_CLIENT_CERT": ""}) == refused(201, "caller", "no-credential")


@matrix(mode=EVERYWHERE)
def test_a_command_that_does_not_exist_is_the_fault_of_the_caller(switch):
    """The command is none for the mapped user, or has no absolute path: 201 (Nikhef wiki, Exit codes of gLExec)."""
    commands = ("/no/such/command", "true", "./true", "/usr/bin", "/etc/passwd", "/usr/bin/true/x")
    there = ("env", "-C", "/usr/bin")
    assert {command: switch.tries(command, before=there) for command in commands} == dict.fromkeys(commands, NO_COMMAND)


@matrix(mode="setuid")
def test_a_command_is_looked_at_with_the_rights_of_the_target(switch):
    """Not executable for the mapped user: 201 (Nikhef wiki, Exit codes); seen as root or pilot it would be 126."""
    assert switch.tries(switch.made('install -m 755 /usr/bin/true "$2"')) == NO_COMMAND


@matrix(mode=EVERYWHERE)
def test_a_command_that_the_kernel_cannot_execute_is_126(switch):
    """execve of the command failed: 126 (Nikhef wiki, Exit codes of gLExec)."""
    command = switch.unexecutable()
    run = switch.runs(command, end="exit 126")
    assert switch.tries(command) == Effect(126, Cause("caller", "not-executable"), recorded=run.recorded)


@matrix(mode=EVERYWHERE)
def test_a_user_whom_no_map_names_is_not_authorised(switch):
    """LCMAPS fails for a VO that the site does not serve: 203, with a reason in the site's log (Nikhef wiki)."""
    assert switch.tries(user="dave") == refused(203, "denied", "not-mapped")
    assert any("LCMAPS failed" in line for line in switch.witness.log)


@matrix(mode="setuid")
def test_an_account_outside_the_white_list_may_not_call(switch):
    """The caller is not in user_white_list: 203 (Nikhef wiki, Exit codes of gLExec)."""
    assert switch.tries(account="daemon") == NOT_LISTED


@matrix(mode=EVERYWHERE)
def test_who_may_call_is_for_the_site_to_say(switch):
    """Names, `.pool`, `*`; an empty list means nobody (gLExec's manual page; OSG for `*`; the last is inferred)."""
    pilot, runs = switch.account.name, switch.runs()
    expected = {pilot: runs, "*": runs, "daemon": NOT_LISTED, ".daemon": NOT_LISTED, "": NOT_LISTED}
    seen = {}
    for white_list in expected:
        with switch.configured(user_white_list=white_list):
            seen[white_list] = switch.tries()
    assert seen == expected


@matrix(mode=EVERYWHERE)
def test_a_white_listed_pool_is_its_prefix_and_digits(switch):
    """`.pilot` lets pilot01 in; that it does not let pilotadmin in is our choice (advice: name pools unambiguously)."""
    with switch.altered("/etc/passwd", script='echo "pilotadmin:x:40100:40000::/:/usr/bin/dash" >>"$1"'):
        proxy = switch.made('cp -p "$1" "$2"; chmod 711 "$(dirname "$2")"; chown pilotadmin "$2"')
        assert switch.tries(proxy=proxy, account="pilotadmin") == NOT_LISTED


@matrix(mode=EVERYWHERE)
def test_root_has_no_business_with_the_switch(switch):
    """Root would be any caller (our choice). Told before the configuration is read, and so without a cause."""
    with switch.configured(user_white_list="*"):
        assert switch.tries(account="root", proxy=switch.made('cp "$1" "$2"; chmod 600 "$2"')) == refused(203)


@matrix(mode=EVERYWHERE)
def test_a_switch_that_does_not_linger_records_the_beginning_only(switch):
    """With linger = no glexec vanishes from the process tree; nobody is left for a closing record (Nikhef wiki)."""
    with switch.configured(linger="no"):
        assert switch.tries(then="exit 203") == switch.runs(then="exit 203", end="", code=203)
