"""What a site has to mend: configuration and policy that are broken, or that others could have written."""

import contextlib

import pytest

from testbed.model.effect import refused
from testbed.pilot.node_files import CONF
from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"
UNTOLD = refused(202)
"""A configuration that cannot be read cannot ask for causes to be told; the log has it."""
TOLD = refused(202, "site", "configuration")
NOT_TRUSTED = refused(202, "site", "policy-files")
BROKEN = refused(202, "site", "lcmaps-broken")

LINES = {
    "an unknown option": "secret_of_the_site = yes",
    "an option given twice": "use_lcas = no\nuse_lcas = no",
    "no value": "secret_of_the_site",
    "a word that is none": "log_destination = secret_of_the_site",
    "neither yes nor no": "linger = maybe",
    "a number that is none": "mapping_timeout = soon",
    "a number with more behind it": "log_level = 3x",
    "a number in hexadecimal": "log_level = 0x3",
    "a negative number": "log_level = -1",
    "a number that wraps round": "log_level = 4294967299",
    "a relative path": "lcmaps_db_file = lcmaps.db",
    "a line that is too long": "epilogue = /" + 9000 * "x",
    "a line end of another system": "linger = yes\r",
    "a second section of the same name": "[glexec]",
}
"""What stands below the site's own lines. What stands before the mistake counts, so that the cause can be told."""
WHOLES = {
    "another section only": lambda text: text.replace("[glexec]", "[other]"),
    "no section": lambda text: text.replace("[glexec]\n", ""),
    "line ends of another system": lambda text: text.replace("\n", "\r\n"),
    "a NUL": lambda text: text + "log_level = 3\0\n",
    "too long": lambda text: text + 70000 * "# long\n",
    "empty": lambda text: "",
}
THEIRS = {
    "writable by others": {"mode": "0646"},
    "writable by a group": {"mode": "0664", "owner": "root:40000"},
    "of a user": {"owner": "40001"},
    "a symbolic link": {"script": 'mv "$1" "$1.real"; ln -s "$1.real" "$1"'},
    "a pipe": {"script": 'rm "$1"; mkfifo -m 644 "$1"'},
    "a folder": {"script": 'rm "$1"; mkdir "$1"'},
}
"""What a file can be that the site has not, or not alone, written."""
NAMED = ("-banmapfile", "-groupmapfile", "-gridmapfile", "-gridmapdir", "-certdir")
DUPLICATE = 'twice = "lcmaps_dummy_good.mod"\ntwice = "lcmaps_dummy_bad.mod"\n'
POLICIES = {
    "syntax error": lambda text: text + "verify_proxy -> -> ban_dn\n",
    "unknown plugin": lambda text: text.replace("lcmaps_ban_dn.mod", "lcmaps_no_such.mod"),
    "plugin with an unknown option": lambda text: text.replace("-banmapfile", "-no-such-option"),
    "a rule for nothing": lambda text: text + "another_policy:\nnothing -> nowhere\n",
    "a plugin named twice": lambda text: text.replace("\npath =", f"\n{DUPLICATE}path =", 1),
    "empty": lambda text: "",
}


def without_options(text, lines):
    """The site's own glexec.conf without the options of these lines, so that each of them is there once."""
    names = {line.partition("=")[0].strip() for line in lines.splitlines()}
    return "".join(line for line in text.splitlines(True) if line.partition("=")[0].strip() not in names or "[" in line)


@matrix(mode=EVERYWHERE)
def test_every_mistake_in_the_configuration_is_the_fault_of_the_site(switch):
    """glexec.conf malformed: 202 (Nikhef wiki, Exit codes); the log says what, the caller gets a neutral line."""
    text, seen, logged = switch.read(CONF), {}, {}
    for name, lines in LINES.items():
        with switch.configuration(f"{without_options(text, lines)}{lines}\n"):
            seen[name] = switch.tries()
        logged[name] = any(CONF in line for line in switch.witness.log)
    assert seen == dict.fromkeys(LINES, TOLD)
    assert logged == dict.fromkeys(LINES, True)
    assert [effect.said for effect in seen.values() if "secret" in effect.said or CONF in effect.said] == []


@matrix(mode=EVERYWHERE)
def test_a_configuration_that_is_none_is_the_fault_of_the_site(switch):
    """Only the section [glexec] counts (man page glexec.conf); what cannot be read to its end: 202 (our choice)."""
    text, seen = switch.read(CONF), {}
    for name, change in WHOLES.items():
        with switch.configuration(change(text)):
            seen[name] = switch.tries()
    assert seen == dict.fromkeys(WHOLES, UNTOLD)


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("file", ["glexec.conf", "lcmaps.db"])
def test_a_file_that_others_could_have_written_is_not_obeyed(switch, file):
    """World-writable: 202 (certification tests of gLExec); group, owner, links and kinds of file: our choice."""
    path, answer = {"glexec.conf": (CONF, UNTOLD), "lcmaps.db": (switch.policy_file, NOT_TRUSTED)}[file]
    seen = {}
    for name, change in THEIRS.items():
        with switch.altered(path, **change):
            seen[name] = switch.tries()
        switch.node.run(["rm", "-f", f"{path}.real"], limit=10).check()
    assert seen == dict.fromkeys(THEIRS, answer)


@matrix(mode=EVERYWHERE)
def test_a_file_that_is_not_there_is_the_fault_of_the_site(switch):
    """glexec.conf or the LCMAPS database is missing: 202 (Nikhef wiki, Exit codes of gLExec)."""
    with switch.without(CONF):
        assert switch.tries() == UNTOLD
    with switch.without(switch.policy_file):
        assert switch.tries() == NOT_TRUSTED


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
@pytest.mark.parametrize("option", NAMED)
def test_what_others_could_have_written_decides_nothing(switch, named, option):
    """World-writable map files, gridmapdir, certificates: 202 (certification tests of gLExec; inferred)."""
    path = named(option)
    with switch.altered(path, script='chmod o+w "$1"'):
        assert switch.tries() == NOT_TRUSTED
    with switch.altered(path, owner=switch.account.name):
        assert switch.tries() == NOT_TRUSTED


@contextlib.contextmanager
def open_to_all(switch, folder):
    """Everybody may write in a folder meanwhile."""
    switch.node.run(["chmod", "o+w", folder], limit=10).check()
    try:
        yield
    finally:
        switch.node.run(["chmod", "o-w", folder], limit=10).check()


@matrix(mode=EVERYWHERE)
def test_what_stands_in_a_folder_that_others_can_write_decides_nothing(switch, named):
    """Who writes a folder above can put another file in the place (Argus' quick guide for gLExec; our choice)."""
    answers = {CONF: UNTOLD, switch.policy_file: NOT_TRUSTED, named("-banmapfile"): NOT_TRUSTED}
    seen = {}
    for path in answers:
        with open_to_all(switch, path.rpartition("/")[0]):
            seen[path] = switch.tries()
    assert seen == answers


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
