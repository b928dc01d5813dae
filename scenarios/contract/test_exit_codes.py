"""What the switch answers to its caller: every documented exit code, in both installations."""

from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"


@matrix(mode=EVERYWHERE)
def test_the_exit_code_of_the_payload_is_passed_on(switch):
    """Codes of the payload are passed through (Nikhef wiki, Exit codes of gLExec)."""
    assert switch.call("/usr/bin/dash", "-c", "exit 17").code == 17


@matrix(mode=EVERYWHERE)
def test_without_a_credential_the_caller_is_at_fault(switch):
    """No client certificate: 201 since gLExec 0.6.9 (Nikhef wiki, Exit codes of gLExec)."""
    assert switch.call("/usr/bin/true", env={"GLEXEC_CLIENT_CERT": ""}).code == 201


@matrix(mode=EVERYWHERE)
def test_a_credential_that_others_can_read_is_the_fault_of_the_caller(switch):
    """Wrong mode of GLEXEC_CLIENT_CERT: 201 (Nikhef wiki, Exit codes of gLExec)."""
    assert switch.call("/usr/bin/true", proxy=switch.place("alice", mode=0o644)).code == 201


@matrix(mode=EVERYWHERE)
def test_a_command_that_does_not_exist_is_the_fault_of_the_caller(switch):
    """The command does not exist for the mapped user: 201 (Nikhef wiki, Exit codes of gLExec)."""
    assert switch.call("/no/such/command").code == 201


@matrix(mode=EVERYWHERE)
def test_a_malformed_configuration_is_the_fault_of_the_site(switch):
    """glexec.conf malformed: 202 (Nikhef wiki, Exit codes of gLExec)."""
    with switch.configuration("[glexec]\nno such option\n"):
        assert switch.call("/usr/bin/true").code == 202


@matrix(mode=EVERYWHERE)
def test_a_user_whom_no_map_names_is_not_authorised(switch):
    """LCMAPS fails for a VO that the site does not serve: 203 (Nikhef wiki, Exit codes of gLExec)."""
    assert switch.call("/usr/bin/true", user="dave").code == 203


@matrix(mode="setuid")
def test_an_account_outside_the_white_list_may_not_call(switch):
    """The caller is not in user_white_list: 203 (Nikhef wiki, Exit codes of gLExec)."""
    assert switch.call("/usr/bin/true", account="daemon").code == 203


@matrix(mode=EVERYWHERE)
def test_payload_codes_that_look_like_those_of_the_switch_become_204(switch):
    """Codes 201 to 204 of a payload are reported as 204 (Nikhef wiki, Exit codes of gLExec)."""
    codes = [switch.call("/usr/bin/dash", "-c", f"exit {code}").code for code in (200, 201, 202, 203, 204, 205)]
    assert codes == [200, 204, 204, 204, 204, 205]


@matrix(mode=EVERYWHERE)
def test_a_command_that_the_kernel_cannot_execute_is_126(switch):
    """execve of the command failed: 126 (Nikhef wiki, Exit codes of gLExec)."""
    assert switch.call(switch.unexecutable()).code == 126


@matrix(mode=EVERYWHERE)
def test_a_payload_ended_by_a_signal_is_128_and_the_signal(switch):
    """128+n for signal n: shell convention, as in the table of DIRAC's glexec computing element."""
    assert switch.call("/usr/bin/dash", "-c", "kill -TERM $$").code == 143
