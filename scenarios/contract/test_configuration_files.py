"""Which glexec.conf and lcmaps.db the switch obeys: well-formed ones that nobody but the site can have written."""

import pytest

from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"
ECHO = ("/usr/bin/echo", "ran")

MALFORMED = {
    "an-unknown-option": "secret_of_the_site = yes",
    "an-option-twice": "use_lcas = no",
    "no-equals-sign": "linger",
    "a-word-that-is-none": "log_destination = secret_of_the_site",
    "neither-yes-nor-no": "linger = maybe",
    "a-number-with-more-behind-it": "log_level = 3x",
    "a-number-in-hexadecimal": "log_level = 0x3",
    "a-negative-number": "log_level = -1",
    "a-number-that-wraps-round": "log_level = 4294967299",
    "a-relative-path": "lcmaps_db_file = lcmaps.db",
    "a-line-end-of-another-system": "linger = yes\r",
    "a-NUL": "linger = yes\n\0",
    "a-section-for-the-second-time": "[glexec]",
}
"""What stands in glexec.conf in place of the site's own line of the same name, or below its lines."""
THEIRS = {"for-others": ("0646", ""), "for-a-group": ("0660", "root:pilot"), "of-a-pilot": ("0600", "pilot01")}
POLICIES = {
    "a-syntax-error": "glexec_get_account:\nnothing",
    "an-unknown-plugin": 'a = "no_such_plugin.mod"\nglexec_get_account:\na -> a',
}

TO_A_LINK = 'mv "$1" "$1.real"; ln -s "$1.real" "$1"'

OPENED = """
import ctypes, os, struct, subprocess, sys
OPEN, CLOSE, ACCESS = 0x20, 0x18, 0x01  # inotify(7): what lies between keeps two openings from being told as one
libc = ctypes.CDLL(None, use_errno=True)
watch = libc.inotify_init1(os.O_NONBLOCK)
assert libc.inotify_add_watch(watch, os.fsencode(sys.argv[1]), OPEN | CLOSE | ACCESS) >= 0
code = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL).returncode
events = os.read(watch, 1 << 16)
print(code, sum(bool(mask & OPEN) for _, mask, _, _ in struct.iter_unpack("iIII", events)))
"""


def spoilt(text, wrong):
    """The site's own configuration with wrong lines at its end, in the place of right ones."""
    names = {line.partition("=")[0].strip() for line in wrong.split("\n")}
    kept = [
        line for line in text.splitlines() if line.partition("=")[0].strip() not in names - {"use_lcas", "[glexec]"}
    ]
    return "\n".join([*kept, wrong, ""])


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("mistake", list(MALFORMED))
def test_every_mistake_in_the_configuration_is_the_fault_of_the_site(switch, mistake):
    """glexec.conf malformed: 202 (Nikhef wiki, Exit codes); the log has the reason, the caller a neutral line."""
    with switch.configuration(spoilt(switch.read("/etc/glexec.conf"), MALFORMED[mistake])):
        done = switch.call(*ECHO)
    assert (done.code, done.out) == (202, b"")
    assert b"secret" not in done.err
    assert b"glexec.conf" not in done.err
    assert any("glexec.conf" in line for line in switch.log())


@matrix(mode=EVERYWHERE)
def test_a_configuration_without_its_section_is_the_fault_of_the_site(switch):
    """Only the section [glexec] counts (man page glexec.conf); without it nothing is configured: 202, our choice."""
    with switch.configuration("[other]\nuser_white_list = *\n"):
        done = switch.call(*ECHO)
    assert (done.code, done.out) == (202, b"")


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("whose", list(THEIRS))
@pytest.mark.parametrize("name", ["glexec.conf", "lcmaps.db"])
def test_a_file_that_somebody_else_could_have_written_is_not_obeyed(switch, site, name, whose):
    """World-writable glexec.conf or lcmaps.db: 202 (certification tests of gLExec); owner and group: our choice."""
    mode, owner = THEIRS[whose]
    with switch.altered(site.file(name).path, mode=mode, owner=owner):
        done = switch.call(*ECHO)
    assert (done.code, done.out) == (202, b"")


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("name", ["glexec.conf", "lcmaps.db"])
def test_a_file_in_a_folder_that_others_can_write_is_not_obeyed(switch, world, site, name):
    """The whole path belongs to root (advice of the Argus quick guide for gLExec): 202, our choice."""
    folder = site.file(name).path.rpartition("/")[0]
    was = world.node.run(["stat", "-c", "%a", folder], limit=10).text
    world.node.run(["chmod", "0777", folder], limit=10).check()
    try:
        done = switch.call(*ECHO)
    finally:
        world.node.run(["chmod", was, folder], limit=10).check()
    assert (done.code, done.out) == (202, b"")


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("name", ["glexec.conf", "lcmaps.db"])
def test_a_file_behind_a_symbolic_link_is_not_obeyed(switch, site, name):
    """A link can be turned between two looks: 202 (our choice)."""
    with switch.altered(site.file(name).path, script=TO_A_LINK):
        done = switch.call(*ECHO)
    assert (done.code, done.out) == (202, b"")


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("name", ["glexec.conf", "lcmaps.db"])
def test_a_file_that_is_missing_is_the_fault_of_the_site(switch, site, name):
    """glexec.conf missing; LCMAPS cannot be initialised without its file: 202 (Nikhef wiki, Exit codes of gLExec)."""
    with switch.without(site.file(name).path):
        done = switch.call(*ECHO)
    assert (done.code, done.out) == (202, b"")


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("policy", list(POLICIES))
def test_a_policy_that_LCMAPS_cannot_load_is_the_fault_of_the_site(switch, site, policy):
    """LCMAPS initialisation failure: 202 (Nikhef wiki, Exit codes of gLExec)."""
    with switch.altered(site.file("lcmaps.db").path, f"path = /usr/lib/lcmaps\n{POLICIES[policy]}\n"):
        done = switch.call(*ECHO)
    assert (done.code, done.out) == (202, b"")


@matrix(mode=EVERYWHERE)
def test_the_configuration_is_opened_once(switch, world):
    """Checked and read on one open descriptor: what was checked is what is obeyed (our choice)."""
    who, proxy = switch.account, switch.place("alice")
    caller = ["setpriv", f"--reuid={who.uid}", f"--regid={who.group.gid}", "--init-groups"]
    call = [*caller, "env", "-i", f"GLEXEC_CLIENT_CERT={proxy}", "/usr/sbin/glexec", "/usr/bin/true"]
    watched = ["/usr/bin/python3", "-c", OPENED, "/etc/glexec.conf", *call]
    assert world.node.run(watched, limit=10).text == "0 1"


@matrix(mode=EVERYWHERE)
def test_the_policy_is_the_one_that_the_site_names(switch):
    """lcmaps_get_account_policy names the policy of lcmaps.db that decides; LCMAPS refuses an unknown one: 203."""
    with switch.configured(lcmaps_get_account_policy="no_such_policy"):
        done = switch.call(*ECHO)
    assert (done.code, done.out) == (203, b"")


@matrix(mode=EVERYWHERE)
def test_without_linger_the_switch_turns_into_the_payload(switch):
    """linger = no: exec over itself, so codes are the payload's own, 203 too (man page glexec.conf)."""
    with switch.configured(linger="no"):
        assert switch.call("/usr/bin/dash", "-c", "exit 203").code == 203


@matrix(mode=EVERYWHERE)
def test_variables_that_steer_the_loader_or_LCMAPS_are_never_preserved(switch):
    """preserve_env_variables: MALLOC_* is refused since gLExec 0.7; the loader's and LCMAPS' likewise, our choice."""
    kept, never = {"CONDOR_CONFIG": "/condor"}, {"MALLOC_CHECK_": "3", "LCMAPS_DB_FILE": "/x", "LD_DEBUG": "none"}
    with switch.configured(preserve_env_variables=" ".join([*kept, *never, "HOME"])):
        seen = switch.call("/usr/bin/env", env=kept | never).text.splitlines()
    names = {line.partition("=")[0] for line in seen}
    assert "CONDOR_CONFIG=/condor" in seen
    assert not names & set(never)
