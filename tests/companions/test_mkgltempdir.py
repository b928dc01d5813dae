"""mkgltempdir makes a folder of the target's: where, with which modes, and nothing half made."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

TARGET, PILOT = "50001", "40001"
NOT_MAPPED = "dn /CN=Alice\nend\n"


def parents(path):
    middle = path.rpartition("/")[0]
    return middle.rpartition("/")[0], middle


def test_the_folder_is_the_targets_and_the_pilot_cannot_look_into_it(pilot, base, look):
    path = pilot.mkgltempdir(base).path
    private, middle = parents(path)
    assert path.startswith(f"{base}/gltmpdir.")
    assert [look(private), look(middle), look(path)] == [f"{PILOT} 711", f"{PILOT} 711", f"{TARGET} 700"]
    assert pilot.as_target("/bin/sh", "-c", f"cd {path} && echo mine >file && cat file").out == b"mine\n"
    assert b"Permission denied" in pilot.run("/bin/ls", path).err
    assert b"Permission denied" in pilot.run("/bin/cat", f"{path}/file").err


def test_each_call_makes_another_folder(pilot, base):
    assert pilot.mkgltempdir(base).path != pilot.mkgltempdir(base).path


@pytest.mark.parametrize("mode", ["777", "0777", "1777", "700", "00750"])
def test_the_folder_has_the_mode_that_is_asked_for(pilot, base, look, mode):
    path = pilot.mkgltempdir("-t", mode, base).path
    assert look(path) == f"{TARGET} {mode.lstrip('0')}"


def test_the_folders_above_have_the_mode_that_is_asked_for(pilot, base, look):
    private, middle = parents(pilot.mkgltempdir("-m", "755", base).path)
    assert [look(private), look(middle)] == [f"{PILOT} 755", f"{PILOT} 755"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("-t", "4755"),
        ("-t", "2755"),
        ("-t", "77"),
        ("-t", "8"),
        ("-t", "u+rwx"),
        ("-t", "-1"),
        ("-t", "0o700"),
        ("-t", "000000700"),
        ("-m", "700"),
        ("-m", "701"),
        ("-m", "777"),
        ("-m", "1711"),
        ("-m", "611"),
        ("-f",),
        ("-x",),
        ("another",),
        ("-t",),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused(pilot, base, content, look, arguments):
    done = pilot.mkgltempdir(base, *arguments)
    assert (done.code, done.out, b"mkgltempdir: " in done.err) == (2, b"", True), done
    assert (content(base), look(base)) == ([], f"{PILOT} 700")


def test_the_way_is_opened_for_passing_through_and_for_nothing_else(pilot, base, look, node):
    inner = f"{base}/a b"
    node.inside("setpriv", f"--reuid={PILOT}", "--regid=40000", "--clear-groups", "mkdir", "-m", "0700", inner)
    assert pilot.mkgltempdir(inner).path
    assert [look(base), look(inner)] == [f"{PILOT} 711", f"{PILOT} 711"]


def test_without_a_base_it_is_made_in_tmpdir_and_else_in_tmp(pilot, base):
    assert pilot.mkgltempdir(env={"TMPDIR": base}).path.startswith(f"{base}/gltmpdir.")
    path = pilot.mkgltempdir().path
    assert path.startswith("/tmp/gltmpdir.")
    assert pilot.mkgltempdir("-r", path).code == 0


@pytest.mark.parametrize("name", ["it's", "a b", "$(id)", "-r", "\udcff\udcfe", "ä", '"'])
def test_an_odd_name_is_as_good_as_any(pilot, base, name, node):
    inner = f"{base}/{name}"
    node.inside("setpriv", f"--reuid={PILOT}", "--regid=40000", "--clear-groups", "mkdir", inner)
    path = pilot.mkgltempdir(inner).path
    assert path.startswith(f"{inner}/gltmpdir.")
    assert pilot.mkgltempdir("-r", path).code == 0


def test_no_copy_of_the_proxy_is_left_behind(pilot, base, node):
    before = set(node.path("/..").joinpath("tmp").iterdir())
    path = pilot.mkgltempdir(base, env={"GLEXEC_TARGET_PROXY": "/tmp/copy"}).path
    pilot.mkgltempdir("-r", "-f", path)
    assert set(node.path("/..").joinpath("tmp").iterdir()) == before


def test_in_log_only_the_folder_is_the_pilots_own(pilot, base, look, node):
    node.log_only()
    path = pilot.mkgltempdir(base).path
    assert look(path) == f"{PILOT} 700"
    assert pilot.run("/bin/ls", path).code == 0


class TestGlexecIsFound:
    """In the order in which pilots look for it (PanDA, DIRAC, glideinWMS, OSG's documentation)."""

    @pytest.mark.parametrize(
        "hints",
        [
            {"OSG_GLEXEC_LOCATION": "/mnt/sbin/glexec", "GLEXEC_LOCATION": "/none", "GLITE_LOCATION": "/none"},
            {"OSG_GLEXEC_LOCATION": "UNAVAILABLE", "GLEXEC_LOCATION": "/mnt", "GLITE_LOCATION": "/none"},
            {"OSG_GLEXEC_LOCATION": "", "GLEXEC_LOCATION": "", "GLITE_LOCATION": "/mnt"},
        ],
    )
    def test_the_first_that_is_named_counts(self, pilot, base, hints):
        assert pilot.mkgltempdir(base, env=hints).path

    @pytest.mark.parametrize(
        "hints",
        [
            {"OSG_GLEXEC_LOCATION": "/none/glexec"},
            {"OSG_GLEXEC_LOCATION": "glexec"},
            {"OSG_GLEXEC_LOCATION": "/mnt/sbin"},
            {"OSG_GLEXEC_LOCATION": "/mnt/etc/glexec.conf"},
            {"GLEXEC_LOCATION": "/none"},
            {"GLEXEC_LOCATION": "", "GLITE_LOCATION": "/none"},
        ],
    )
    def test_one_that_is_named_and_not_there_is_not_replaced_by_another(self, pilot, base, content, hints):
        done = pilot.mkgltempdir(base, env=hints)
        assert (done.code, done.out) == (1, b"")
        assert b"there is no glexec at" in done.err
        assert content(base) == []


class TestNothingIsLeftBehind:
    def nothing(self, done, code, base, content, look):
        assert (done.code, done.out) == (code, b""), done
        assert (content(base), look(base)) == ([], f"{PILOT} 700"), done

    @pytest.mark.parametrize("said", [201, 202, 203, 126])
    def test_when_glexec_says_no(self, pilot, base, content, look, said):
        stand_in = pilot.stand_in("echo the reason >&2", "echo the cause >&2", f"exit {said}")
        done = pilot.mkgltempdir(base, env=stand_in)
        self.nothing(done, said, base, content, look)
        assert done.err.endswith(b"the reason\nthe cause\n")

    def test_when_the_real_glexec_says_no(self, pilot, base, content, look, node):
        node.answers(NOT_MAPPED, code=11)
        done = pilot.mkgltempdir(base)
        self.nothing(done, 203, base, content, look)
        assert b"[gLExec]" in done.err

    def test_when_glexec_says_yes_and_does_nothing(self, pilot, base, content, look):
        self.nothing(pilot.mkgltempdir(base, env=pilot.stand_in("exit 0")), 1, base, content, look)

    def test_when_the_folder_is_not_what_was_asked_for(self, pilot, base, content, look):
        stand_in = pilot.stand_in('[ "$1" = /usr/bin/mkdir ] && exec mkdir -m 0777 "$5"', 'exec /mnt/sbin/glexec "$@"')
        self.nothing(pilot.mkgltempdir(base, env=stand_in), 1, base, content, look)

    def test_when_somebody_was_there_first(self, pilot, base, content, look):
        stand_in = pilot.stand_in('mkdir "$5"', 'exec /mnt/sbin/glexec "$@"')
        done = pilot.mkgltempdir(base, env=stand_in)
        self.nothing(done, 1, base, content, look)
        assert b"File exists" in done.err

    @pytest.mark.parametrize("link", ["/etc", "/nowhere"])
    def test_when_a_link_was_there_first(self, pilot, base, content, look, link):
        stand_in = pilot.stand_in(f'ln -s {link} "$5"', 'exec /mnt/sbin/glexec "$@"')
        self.nothing(pilot.mkgltempdir(base, env=stand_in), 1, base, content, look)

    def test_when_the_path_cannot_be_printed(self, pilot, base, content, look):
        with Path("/dev/full").open("wb") as full:
            self.nothing(pilot.mkgltempdir(base, stdout=full), 1, base, content, look)
        close = ("/bin/sh", "-c", 'exec "$@" >&-', "sh", f"{pilot.sbin}/mkgltempdir", base)
        self.nothing(pilot.run(*close), 1, base, content, look)

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_when_a_signal_ends_it(self, pilot, base, content, look, node, number):
        node.path("/seen/started").unlink(missing_ok=True)
        stand_in = pilot.stand_in('/mnt/sbin/glexec "$@"', "echo >/mnt/seen/started", "exec sleep 60")
        heeding = ("/usr/bin/env", "--default-signal")  # a signal that was ignored before stays ignored
        command = pilot.command(*heeding, f"{pilot.sbin}/mkgltempdir", base, env=stand_in)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
            node.eventually("/seen/started")
            run.send_signal(number)
            out, _ = run.communicate(timeout=30)
        assert (run.returncode, out) == (128 + number, b"")
        assert (content(base), look(base)) == ([], f"{PILOT} 700")

    def test_when_the_way_cannot_be_opened(self, pilot, base, content, node):
        node.inside(
            "chown", "990", base
        )  # another account of the system's: accepted on the way, not the pilot's to open
        node.inside("chmod", "0750", base)
        inner = f"{base}/inner"
        node.inside("mkdir", "-m", "0700", inner)
        node.inside("chown", "40001:40000", inner)
        done = pilot.mkgltempdir(inner)
        assert (done.code, done.out) == (1, b"")
        assert f"'{base}' is not the caller's to open for others".encode() in done.err
        assert content(inner) == []


class TestABaseThatIsNotSafe:
    """Who can change where the base leads could put another folder in its place, or have another one opened."""

    def refused(self, done, reason, code=1):
        assert (done.code, done.out) == (code, b""), done
        assert reason.encode() in done.err, done

    def test_it_is_not_absolute(self, pilot):
        for base in ("relative", "./relative", "", "../tmp"):
            self.refused(pilot.mkgltempdir(base), "is not absolute", 2)

    @pytest.mark.parametrize("letter", ["\n", "\r", "\t", "\x1b", "\x7f"])
    def test_it_has_a_control_character(self, pilot, base, letter):
        done = pilot.mkgltempdir(f"{base}/a{letter}b")
        self.refused(done, "control character", 2)
        assert done.err.count(b"\n") == 1

    def test_it_is_not_there(self, pilot, base):
        self.refused(pilot.mkgltempdir(f"{base}/nowhere"), "No such file or directory")

    def test_it_is_a_file(self, pilot):
        self.refused(pilot.mkgltempdir("/mnt/home/pilot01/alice.pem"), "is not a folder")

    def test_it_is_not_the_pilots_to_write(self, pilot):
        self.refused(pilot.mkgltempdir("/mnt/etc"), "Permission denied")

    @pytest.mark.parametrize("mode", [0o777, 0o775, 0o733, 0o720])
    def test_others_can_write_it(self, pilot, base, node, content, mode):
        node.path(base.removeprefix("/mnt")).chmod(mode)
        self.refused(pilot.mkgltempdir(base), "others can write")
        assert content(base) == []

    def test_others_can_write_above_it(self, pilot, base, node):
        inner = f"{base}/inner"
        node.folder(inner.removeprefix("/mnt"), 0o700, 40001, 40000)
        node.path(base.removeprefix("/mnt")).chmod(0o777)
        self.refused(pilot.mkgltempdir(inner), "others can write")

    def test_a_sticky_folder_is_safe(self, pilot, base, node):
        node.path(base.removeprefix("/mnt")).chmod(0o1777)
        assert pilot.mkgltempdir(base).path

    def test_it_is_anothers(self, pilot):
        self.refused(pilot.mkgltempdir("/mnt/home/pilot02"), "belongs to account 40002")

    def test_it_is_a_link_of_anothers(self, pilot, base, node, look):
        node.inside("rm", "-f", "/tmp/link")
        node.inside("setpriv", "--reuid=40002", "--regid=40000", "--clear-groups", "ln", "-s", base, "/tmp/link")
        self.refused(pilot.mkgltempdir("/tmp/link"), "belongs to account 40002")
        assert look(base) == f"{PILOT} 700"

    def test_a_link_of_the_pilots_own_is_followed_and_the_real_path_printed(self, pilot, base):
        pilot.run("/bin/ln", "-s", ".", f"{base}/link")
        assert pilot.mkgltempdir(f"{base}/link/link/../{base.rpartition('/')[2]}").path.startswith(f"{base}/gltmpdir.")

    def test_it_is_a_link_to_itself(self, pilot, base):
        pilot.run("/bin/ln", "-s", "loop", f"{base}/loop")
        start = time.monotonic()
        self.refused(pilot.mkgltempdir(f"{base}/loop"), "too many symbolic links")
        assert time.monotonic() - start < 5
