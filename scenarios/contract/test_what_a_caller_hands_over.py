"""What a hostile caller hands to a privileged program: environment, descriptors, signals, limits, a lost set-id bit."""

import pytest

from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"
ECHO = ("/usr/bin/echo", "ran")
PYTHON = ("/usr/bin/python3", "-c")

ANYBODY = """\
verify = "lcmaps_verify_proxy.mod" " -certdir /etc/grid-security/certificates"
fixed = "lcmaps_dummy_good.mod" " --dummy-username nobody"
glexec_get_account:
verify -> fixed"""
"""A policy that maps whoever has a proxy: what a caller would like to be obeyed."""

LINGER = {"waiting": "yes", "not-waiting": "no"}
"""Whether the switch waits for its payload, and what glexec.conf says of that."""
SIGNALS = "exec /usr/bin/grep -E '^Sig(Blk|Ign):' /proc/self/status"
"""What the payload says of its signals; dash itself neither blocks nor ignores any."""

INHERITING = """
import os, sys
for number in (3, 7, 250):
    os.dup2(os.open("/etc/passwd", os.O_RDONLY), number, inheritable=True)
os.execv(sys.argv[1], sys.argv[1:])
"""
CLOSED = """
import os, sys
for number in (0, 1, 2):
    os.close(number)
os.execv(sys.argv[1], sys.argv[1:])
"""
SMALL = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (32768, 32768))
os.execv(sys.argv[1], sys.argv[1:])
"""


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("variable", ["LCMAPS_DB_FILE", "LCMAPS_POLICY_NAME", "LCMAPS_MODULES_DIR", "X509_CERT_DIR"])
def test_the_callers_environment_does_not_reach_LCMAPS(switch, world, variable):
    """LCMAPS reads these with plain getenv, also when set-id (observed, 1.6.6): the switch clears them (our choice)."""
    world.node.run(["install", "-d", "-m", "755", "/tmp/theirs"], limit=10).check()
    policy = f"path = /usr/lib/lcmaps\n{ANYBODY}\n"
    world.node.run(["dd", "of=/tmp/theirs/lcmaps.db", "status=none"], stdin=policy.encode(), limit=10).check()
    value = {"LCMAPS_DB_FILE": "/tmp/theirs/lcmaps.db", "LCMAPS_POLICY_NAME": "other"}.get(variable, "/tmp/theirs")
    refused = switch.call(*ECHO, user="dave", env={variable: value})
    assert (refused.code, refused.out) == (203, b"")
    assert switch.call(*ECHO, env={variable: value}).text == "ran"


@matrix(mode=EVERYWHERE)
def test_nothing_that_steers_a_shell_or_an_interpreter_reaches_the_payload(switch):
    """All is dropped but GLEXEC_*, and of these GLEXEC_EPILOG_* too; PATH is gone (Nikhef wiki; HTCondor #2096)."""
    hostile = {"PATH": "/tmp", "BASH_ENV": "/tmp/x", "IFS": "/", "LD_PRELOAD": "/tmp/x.so", "PYTHONPATH": "/tmp"}
    hostile |= {"GLEXEC_EPILOG_STATUS": "0", "GLEXECX": "1", "GCONV_PATH": "/tmp", "PERL5LIB": "/tmp"}
    seen = switch.call("/usr/bin/env", env=hostile).text.splitlines()
    assert not {line.partition("=")[0] for line in seen} & set(hostile)


@matrix(mode=EVERYWHERE)
def test_the_payloads_home_is_the_accounts(switch, cell, world):
    """HOME is the target's, and there the payload starts (Nikhef wiki; LCMAPS change log r1927)."""
    seen = switch.call("/usr/bin/dash", "-c", 'echo "$HOME"; exec /usr/bin/pwd').text.splitlines()
    account = switch.facts().user
    home = world.node.run(["getent", "passwd", account], limit=10).text.split(":")[5]
    assert seen == [home, home]
    assert (account == switch.account.name) is (cell.mode == "log-only")


@matrix(mode=EVERYWHERE)
def test_the_mask_is_the_usual_one(switch):
    """gLExec 0.9.0 to 0.9.5 left 077, which broke sandboxes (HTCondor #2907); for any caller 022: our choice."""
    before = ("/usr/bin/dash", "-c", 'umask 0; exec "$@"', "sh")
    assert switch.call("/usr/bin/dash", "-c", "umask", before=before).text == "0022"


@matrix(mode=EVERYWHERE)
def test_no_descriptor_but_the_first_three_reaches_the_payload(switch):
    """Descriptors above 2 may be closed (HTCondor passes one, and copes); none of ours is left either: our choice."""
    done = switch.call("/usr/bin/ls", "/proc/self/fd", before=(*PYTHON, INHERITING))
    assert done.text.split() == ["0", "1", "2", "3"]  # 3 is ls's own look at the folder


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("linger", list(LINGER))
def test_closed_standard_descriptors_lead_nowhere(switch, linger):
    """A caller may have closed 0 to 2 (HTCondor's procd does): nothing of ours lands there (CVE-2002-0572)."""
    show = 'links=$(for n in 0 1 2; do /usr/bin/readlink /proc/$$/fd/$n; done); echo $links >"$GLEXEC_ID"'
    place = f"/tmp/links-{linger}"
    with switch.configured(linger=LINGER[linger]):
        done = switch.call("/usr/bin/dash", "-c", show, env={"GLEXEC_ID": place}, before=(*PYTHON, CLOSED))
    assert done.code == 0
    assert switch.read(place).split()[0] in ("/dev/null", "/dev/full")
    assert set(switch.read(place).split()[1:]) <= {"/dev/null", "/dev/full"}


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("how", ["ignored", "blocked"])
@pytest.mark.parametrize("linger", list(LINGER))
def test_the_payload_has_its_signals_back(switch, how, linger):
    """Neither what the caller ignores or blocks nor what a waiting switch blocks is the payload's (our choice)."""
    option = {"ignored": "--ignore-signal", "blocked": "--block-signal"}[how]
    with switch.configured(linger=LINGER[linger]):
        done = switch.call("/usr/bin/dash", "-c", SIGNALS, before=("/usr/bin/env", f"{option}=TERM,HUP,USR1,CHLD"))
    assert [int(line.split()[1], 16) for line in done.text.splitlines()] == [0, 0]


@matrix(mode=EVERYWHERE)
def test_a_relative_command_is_the_fault_of_the_caller(switch):
    """No search: the command has to be an absolute path (Nikhef wiki, Need to Know's), else 201."""
    done = switch.call("echo", "ran", before=("/usr/bin/env", "-C", "/usr/bin"))
    assert (done.code, done.out) == (201, b"")


@matrix(mode="setuid")
def test_a_command_is_looked_at_with_the_rights_of_the_target(switch, world):
    """Not executable for the mapped user: 201 (Nikhef wiki, Exit codes); seen as root or pilot it would be 126."""
    place = f"{switch.place('alice').rpartition('/')[0]}/tool"
    world.node.run(["install", "-m", "755", "/usr/bin/echo", place], user=switch.account.name, limit=10).check()
    done = switch.call(place, "ran")
    assert (done.code, done.out) == (201, b"")


@matrix(mode=EVERYWHERE)
def test_a_white_listed_pool_is_its_prefix_and_digits(switch, world):
    """`.pilot` lets pilot01 in; that it does not let pilotadmin in is our choice (advice: name pools unambiguously)."""
    line = "pilotadmin:x:40100:40000::/:/usr/bin/dash\n"
    passwd = world.node.run(["cat", "/etc/passwd"], limit=10).text
    with switch.altered("/etc/passwd", passwd + "\n" + line):
        proxy = switch.place("alice")
        world.node.run(["chown", "-R", "40100", proxy.rpartition("/")[0]], limit=10).check()
        done = switch.call(*ECHO, proxy=proxy, account="pilotadmin")
    assert (done.code, done.out) == (203, b"")


@matrix(mode=EVERYWHERE)
def test_an_account_that_is_not_listed_may_not_call(switch, world):
    """The caller is not in user_white_list: 203 (Nikhef wiki, Exit codes of gLExec); in log-only too: our choice."""
    proxy = switch.place("alice")
    with switch.configured(user_white_list="somebody, .else"):
        done = switch.call(*ECHO, proxy=proxy)
    assert (done.code, done.out) == (203, b"")


@matrix(mode=EVERYWHERE)
def test_root_does_not_call(switch, world):
    """Root has no need of the switch, and would be any caller: 203 even with user_white_list = *, our choice."""
    proxy = switch.place("alice")
    world.node.run(["chown", "-R", "root", proxy.rpartition("/")[0]], limit=10).check()
    with switch.configured(user_white_list="*"):
        done = switch.call(*ECHO, proxy=proxy, account="root")
    assert (done.code, done.out) == (203, b"")


@pytest.fixture
def readable(switch, site):
    """A careless set-id installation: everybody may read its configuration, which does not say how it is meant."""
    text = "".join(
        f"{line}\n" for line in site.file("glexec.conf").content.decode().splitlines() if "installation" not in line
    )
    with (
        switch.altered("/etc/glexec.conf", text, mode="0644"),
        switch.altered(site.file("lcmaps.db").path, f"path = /usr/lib/lcmaps\n{ANYBODY}\n", mode="0644"),
    ):
        yield switch


@matrix(mode="setuid")
def test_a_set_id_bit_that_the_kernel_does_not_heed_is_never_taken_for_log_only(readable):
    """no_new_privs: the kernel starts the switch as the caller and says nothing. 202 with the cause, our choice."""
    done = readable.call(*ECHO, before=("/usr/bin/setpriv", "--no-new-privs", "--"))
    assert (done.code, done.out) == (202, b"")
    assert any("no_new_privs" in line for line in readable.log())


@matrix(mode="setuid")
@pytest.mark.parametrize("mode", ["0111", "0755", "0711", "2111"])
def test_a_lost_set_id_bit_is_never_taken_for_log_only(readable, mode):
    """Backup, copy or package tool dropped the bit: 202, never a payload run as the pilot (our choice)."""
    with readable.altered("/usr/sbin/glexec", mode=mode):
        done = readable.call(*ECHO)
    assert (done.code, done.out) == (202, b"")


@matrix(mode="setuid")
def test_a_file_size_limit_of_the_callers_cannot_suppress_the_record(switch, world):
    """RLIMIT_FSIZE is inherited: the log cannot be written, so nothing is run, 202 (our choice: no record, no run)."""
    log = "/var/log/glexec-own.log"
    world.node.run(["install", "-m", "640", "-o", "glexec", "-g", "glexec", "/dev/null", log], limit=10).check()
    world.node.run(["dd", f"of={log}", "status=none"], stdin=b"x" * 65535 + b"\n", limit=10).check()
    try:
        with switch.configured(log_destination="file", log_file=log):
            env = {"GLEXEC_TARGET_PROXY": "/dev/null"}
            refused = switch.call(*ECHO, env=env, before=(*PYTHON, SMALL))
            allowed = switch.call(*ECHO, env=env)
    finally:
        world.node.run(["rm", log], limit=10).check()
    assert (refused.code, refused.out) == (202, b"")
    assert (allowed.code, allowed.out) == (0, b"ran\n")


@matrix(mode=EVERYWHERE)
def test_without_a_log_nothing_is_run(switch):
    """Nobody listens at /dev/log: 202 (our choice: no record, no run; facts F20)."""
    with switch.without("/dev/log"):
        done = switch.call(*ECHO)
    assert (done.code, done.out) == (202, b"")


@matrix(mode=EVERYWHERE)
def test_hostile_text_stays_inside_its_line_and_its_quotes(switch):
    """GLEXEC_ID and arguments cannot forge a line or a field (certification test of gLExec); \\xHH: our choice."""
    forged = 'x" args: "\nJan  1 00:00:00 glexec[1]: Used DN: "/forged"\u202e'
    switch.call("/usr/bin/true", forged, env={"GLEXEC_ID": forged}).check()
    lines = [line for line in switch.log() if "forged" in line]
    assert len(lines) == 2
    for line in lines:
        assert r"x\x22 args: \x22\x0A" in line
        assert line.isascii()
