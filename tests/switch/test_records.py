"""The records: in gLExec's words, on one line each, joined by the pid; without a record nothing is run."""

import re
import subprocess
import time

import pytest

GOOD = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem", "GLEXEC_TARGET_PROXY": "/dev/null"}


def texts(done):
    """The lines without priority, time and pid."""
    return [re.sub(r"^<\d+>\w{3} [ \d]\d [\d:]{8} glexec\[\d+\]: ", "", line) for line in done.log]


def test_a_call_is_recorded_from_start_to_end(node):
    done = node.call("/bin/sh", "-c", "exit 3", env=GOOD)
    start, what, end = texts(done)
    assert re.fullmatch(r'Used DN: "/DC=test/CN=Alice Archer" Used FQAN: "/alpha" Called as: \d+', start)
    assert re.fullmatch(
        r"real_user\(pilot01\),real_group\(pilot\)->mapped_user\(alpha001\),mapped_group\(alpha\) "
        r'cwd: "/mnt/home/alpha001" cmd: "/bin/sh" \(="[/a-z]+"\) args: "-c exit 3"',
        what,
    )
    assert re.fullmatch(r"Terminated, exit 3, CPU user 0\.\d{3} system 0\.\d{3} mapped_user\(alpha001\)", end)
    assert len({re.search(r"glexec\[(\d+)\]", line).group(1) for line in done.log}) == 1


def test_facility_and_severity_are_the_sites(node):
    node.configure("syslog_facility = LOG_LOCAL3")
    done = node.call("/bin/true", env=GOOD)
    assert all(line.startswith(f"<{19 * 8 + 5}>") for line in done.log)


@pytest.mark.parametrize("level", ["0", "1", "5"])
def test_the_record_does_not_depend_on_the_log_level(node, level):
    node.configure(f"log_level = {level}")
    done = node.call("/bin/true", env=GOOD)
    assert all(done.logged(part) for part in ("real_user(", "Used DN", "Terminated"))


HOSTILE = '\nJan  1 00:00:00 glexec[1]: real_user(root)\r\x1b[2J\x07\x7f\u202e\u0085"\\'


def test_hostile_arguments_stay_on_their_line(node):
    done = node.call("/bin/echo", HOSTILE, env=GOOD)
    assert len(done.log) == 3
    assert all(0x20 <= ord(letter) < 0x7F for line in done.log for letter in line)
    assert done.logged(r'args: "\x0AJan  1 00:00:00 glexec[1]: real_user(root)\x0D\x1B[2J\x07\x7F\xE2\x80\xAE')
    assert done.log[1].endswith(r'\x22\x5C"')


def test_hostile_names_stay_on_their_line(node):
    node.answers('dn /CN=\u202e\u0085"\\\nfqan /alpha~\nuid 50001\npgid 50000\nend\n')
    done = node.call("/bin/true", env=GOOD | {"GLEXEC_ID": HOSTILE})
    assert len(done.log) == 4
    assert done.log[0].split(": ", 1)[1].startswith(r'GLEXEC_ID: "\x0AJan')
    assert done.log[1].split(": ", 1)[1].startswith(r'Used DN: "/CN=\xE2\x80\xAE\xC2\x85\x22\x5C" Used FQAN: "/alpha~"')


def test_over_long_arguments_are_cut_and_the_cut_is_seen(node):
    done = node.call("/bin/true", 30_000 * "a", 40_000 * "b", env=GOOD)
    assert done.code == 0
    assert re.search(r'args: "a+\.\.\.\[cut, 70001 bytes\]"$', done.log[1])
    assert len(done.log[1]) < 8000


def test_many_fqans_are_cut_and_the_cut_is_seen(node):
    fqans = "".join(f"fqan /alpha/group{number:03}\n" for number in range(400))
    node.answers(f"dn /CN=Alice\n{fqans}uid 50001\npgid 50000\nend\n")
    done = node.call("/bin/true", env=GOOD)
    assert done.code == 0
    assert "...[cut, 400 FQANs] Called as: " in done.log[0]


def test_a_refusal_names_caller_and_dn(node):
    node.answers("dn /CN=Mallory\nend\n", code=11)
    done = node.call("/bin/true", env=GOOD)
    assert texts(done) == [
        "LCMAPS failed.",
        'The cause: lcmaps-refused. Caller: pilot01. Used DN: "/CN=Mallory"',
        "Ended with 203, class=undecided reason=lcmaps-refused.",
    ]


@pytest.mark.parametrize("installation", ["set-id", "log-only"])
def test_without_a_system_log_nothing_is_run(node, installation):
    if installation == "log-only":
        node.log_only()
    with node.without_log():
        done = node.call("/bin/echo", "ran", env=GOOD)
    assert (done.code, done.out) == (202, "")


def test_a_log_that_is_lost_during_the_call_stops_it_before_the_payload(node):
    waits = "touch /mnt/seen/asked; until test -e /mnt/seen/go; do sleep 0.01; done"
    node.answers("dn /CN=x\nuid 50001\npgid 50000\nend\n", also=waits)
    running = subprocess.Popen(node.command("/bin/echo", "ran", env=GOOD), stdout=subprocess.PIPE)
    node.eventually("/seen/asked")
    with node.without_log():
        node.path("/seen/go").touch()
        out, _ = running.communicate(timeout=20)
    assert (running.returncode, out) == (202, b"")


def test_a_log_daemon_that_hangs_is_not_waited_for_for_ever(node):
    with node.full_log():
        done = node.call("/bin/echo", "ran", env=GOOD)
    assert (done.code, done.out) == (202, "")


def test_a_log_daemon_that_comes_back_gets_the_end(node):
    running = subprocess.Popen(
        node.command("/bin/sh", "-c", "echo started; read x; exit 4", env=GOOD),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout.readline() == "started\n"
    with node.without_log():
        pass
    running.communicate("go\n", timeout=20)
    assert running.returncode == 4
    assert any("Terminated, exit 4" in line for line in node.heard())


def test_the_record_can_go_to_a_file(node):
    node.folder("/logs", uid=990, gid=990)
    node.configure("log_destination = file", "log_file = /mnt/logs/glexec.log")
    done = node.call("/bin/sh", "-c", "exit 3", env=GOOD)
    assert done.code == 3
    lines = node.path("/logs/glexec.log").read_text().splitlines()
    assert [line.split("]: ", 1)[1].split("(")[0].split(":")[0] for line in lines][:2] == ["Used DN", "real_user"]
    assert lines[-1].split("]: ", 1)[1].startswith("Terminated, exit 3")
    assert node.path("/logs/glexec.log").stat().st_uid == 990


@pytest.mark.parametrize("place", ["/mnt/etc/passwd", "/mnt/tmp/x", "/mnt/nowhere/log", "/mnt/seen/x"])
def test_a_log_file_that_is_not_glexecs_runs_nothing(node, place):
    node.configure("log_destination = file", f"log_file = {place}")
    before = node.path("/etc/passwd").read_text()
    assert node.call("/bin/echo", "ran", env=GOOD).code == 202
    assert node.path("/etc/passwd").read_text() == before


def test_a_log_daemon_that_is_restarted_as_a_payload_ends_gets_the_end(node):
    running = subprocess.Popen(
        node.command("/bin/sh", "-c", "echo started; read x; exit 4", env=GOOD),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout.readline() == "started\n"
    with node.without_log():
        running.stdin.write("go\n")
        running.stdin.close()
        assert running.stdout.read() == ""  # it has ended, and nobody has heard of it
    assert running.wait(20) == 4
    assert any("Terminated, exit 4" in line for line in node.heard())


def test_a_hung_log_daemon_is_waited_for_once_and_not_for_every_line(node):
    lines = "".join(f"echo '[1] LOG_ERR: t: f(): line {number}' >&4\n" for number in range(20))
    node.answers("dn /CN=x\nend\n", code=11, also=lines)
    began = time.monotonic()
    with node.full_log():
        assert node.call("/bin/true", env=GOOD).code == 203
    assert time.monotonic() - began < 12


def test_quotes_in_a_name_do_not_make_fields_of_a_refusal(node):
    node.answers('dn /CN=x" Used FQAN: "/alpha/Role=admin\ncause banned\nend\n', code=11)
    done = node.call("/bin/true", env=GOOD)
    assert done.logged(r'Used DN: "/CN=x\x22 Used FQAN: \x22/alpha/Role=admin"')
