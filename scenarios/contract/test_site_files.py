"""What a site has to mend: configuration and policy that are broken, or that others could have written."""

import pytest

from testbed.model.effect import refused
from testbed.pilot.caller import CONF, SWITCH
from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"
UNTOLD = refused(202)
"""A configuration that cannot be read cannot ask for causes to be told; the log has it."""
NOT_TRUSTED = refused(202, "site", "policy-files")
BROKEN = refused(202, "site", "lcmaps-broken")

TOLD = refused(202, "site", "configuration")
CONFIGURATIONS = {
    "unknown option": (lambda text: text + b"no_such_option = yes\n", TOLD),
    "no value": (lambda text: text + b"linger_on\n", TOLD),
    "given twice": (lambda text: text + b"log_level = 3\nlog_level = 3\n", TOLD),
    "line too long": (lambda text: text + b"epilogue = /" + 9000 * b"x" + b"\n", TOLD),
    "wrong value": (lambda text: text.replace(b"[glexec]", b"[glexec]\nmapping_timeout = soon"), UNTOLD),
    "another section only": (lambda text: text.replace(b"[glexec]", b"[other]"), UNTOLD),
    "no section": (lambda text: text.replace(b"[glexec]\n", b""), UNTOLD),
    "NUL": (lambda text: text + b"log_level = 3\0\n", UNTOLD),
    "file too long": (lambda text: text + 70000 * b"# long\n", UNTOLD),
    "empty": (lambda text: b"", UNTOLD),
}
"""How the site's own file is spoilt. What stands before the mistake counts, so that the cause can be told."""
CONF_FILES = {
    "writable by others": {"mode": "0646"},
    "writable by a group": {"mode": "0664", "owner": "root:40000"},
    "of a user": {"owner": "40001"},
    "a symbolic link": {"script": 'mv "$1" "$1.real"; ln -s "$1.real" "$1"'},
    "a pipe": {"script": 'rm "$1"; mkfifo -m 644 "$1"'},
    "a folder": {"script": 'rm "$1"; mkdir "$1"'},
}
NAMED = ("-banmapfile", "-groupmapfile", "-gridmapfile", "-gridmapdir", "-certdir", "the policy")
DUPLICATE = 'twice = "lcmaps_dummy_good.mod"\ntwice = "lcmaps_dummy_bad.mod"\n'
POLICIES = {
    "syntax error": lambda text: text + "verify_proxy -> -> ban_dn\n",
    "unknown plugin": lambda text: text.replace("lcmaps_ban_dn.mod", "lcmaps_no_such.mod"),
    "plugin with an unknown option": lambda text: text.replace("-banmapfile", "-no-such-option"),
    "a rule for nothing": lambda text: text + "another_policy:\nnothing -> nowhere\n",
    "a plugin named twice": lambda text: text.replace("\npath =", f"\n{DUPLICATE}path =", 1),
    "empty": lambda text: "",
}


@matrix(mode=EVERYWHERE)
def test_a_malformed_configuration_is_the_fault_of_the_site(switch):
    """glexec.conf malformed: 202 (Nikhef wiki, Exit codes of gLExec); the file is named in the log (our choice)."""
    text = switch.read(CONF).encode()
    seen, logged = {}, {}
    for name, (change, _) in CONFIGURATIONS.items():
        with switch.configuration(change(text)):
            seen[name] = switch.tries()
        logged[name] = any(f"{CONF}" in line for line in switch.witness.log)
    assert seen == {name: effect for name, (_, effect) in CONFIGURATIONS.items()}
    assert logged == dict.fromkeys(CONFIGURATIONS, True)


@matrix(mode=EVERYWHERE)
def test_a_configuration_that_others_could_have_written_is_refused(switch):
    """Wrong mode of glexec.conf: 202 (Nikhef wiki, Exit codes of gLExec); owner and kind of file: our choice."""
    seen = {}
    for name, change in CONF_FILES.items():
        with switch.altered(CONF, **change):
            seen[name] = switch.tries()
        switch.node.run(["rm", "-f", f"{CONF}.real"], limit=10).check()
    with switch.without(CONF):
        seen["not there"] = switch.tries()
    assert seen == dict.fromkeys(seen, UNTOLD)


@matrix(mode=EVERYWHERE)
def test_line_ends_of_another_system_are_no_reason_to_guess(switch):
    """CRLF in glexec.conf: 202 rather than values that end in a carriage return (our choice)."""
    with switch.configuration(switch.read(CONF).replace("\n", "\r\n")):
        assert switch.tries() == UNTOLD


@matrix(mode=EVERYWHERE)
def test_a_policy_that_lcmaps_cannot_take_in_is_the_fault_of_the_site(switch):
    """LCMAPS cannot initialise: 202 (Nikhef wiki, Exit codes of gLExec)."""
    text = switch.read(switch.policy_file)
    seen = {}
    for name, change in POLICIES.items():
        with switch.altered(switch.policy_file, change(text)):
            seen[name] = switch.tries()
    assert seen == dict.fromkeys(POLICIES, BROKEN)


@matrix(mode=EVERYWHERE)
def test_a_policy_with_line_ends_of_another_system_decides_nothing(switch):
    """CRLF in lcmaps.db: LCMAPS 1.6.6 cannot parse it (observed): 202."""
    with switch.altered(switch.policy_file, switch.read(switch.policy_file).replace("\n", "\r\n")):
        assert switch.tries() == BROKEN


@matrix(mode=EVERYWHERE)
def test_a_policy_file_that_is_not_there_is_the_fault_of_the_site(switch):
    """The LCMAPS database is missing: 202 (Nikhef wiki, Exit codes of gLExec)."""
    with switch.without(switch.policy_file):
        assert switch.tries() == NOT_TRUSTED


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("option", NAMED)
def test_what_others_could_have_written_decides_nothing(switch, named, option):
    """World-writable policy, map files, gridmapdir, certificates: 202 (certification tests; inferred)."""
    path = switch.policy_file if option == "the policy" else named(option)
    with switch.altered(path, script='chmod o+w "$1"'):
        assert switch.tries() == NOT_TRUSTED
    with switch.altered(path, owner=switch.account.name):
        assert switch.tries() == NOT_TRUSTED


@matrix(mode=EVERYWHERE)
def test_what_stands_in_a_folder_that_others_can_write_decides_nothing(switch, named):
    """Every folder above counts, as who writes it can put another file in the place (our choice)."""
    folder = named("-banmapfile").rpartition("/")[0]
    with switch.altered(folder, mode="0777"):
        assert switch.tries() == NOT_TRUSTED


@matrix(mode=EVERYWHERE)
def test_certificates_that_are_not_there_are_the_fault_of_the_site(switch, named):
    """LCMAPS' verify-proxy does not initialise without its folder (observed): 202."""
    with switch.without(named("-certdir")):
        assert switch.tries() == BROKEN


@matrix(mode=EVERYWHERE)
def test_what_cannot_be_recorded_is_not_run(switch):
    """No record, no run (our choice; JSPG traceability policy): the cause says that it is about the record."""
    with switch.without("/dev/log"):
        assert switch.tries() == refused(202, "untraceable", "no-record")
    assert switch.tries() == switch.runs()


@matrix(mode="setuid")
@pytest.mark.parametrize("mode", ["0755", "0111", "2111", "0555"])
def test_a_switch_that_lost_its_set_id_bit_runs_nothing(switch, mode):
    """Set-id bit lost: 202, and never a payload run as the pilot (our choice)."""
    with switch.altered(SWITCH, mode=mode):
        assert switch.tries() == UNTOLD
