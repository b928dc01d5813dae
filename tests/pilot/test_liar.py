"""The probe that lies, as real processes: what it may do it does, what it may not is blocked, and it says which."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.node.probes import liar
from testbed.pilot.probes import probe
from tests.pilot.probing import NOBODY, PYTHON, run

LIMIT = 20
as_others = pytest.mark.skipif(os.geteuid() != 0, reason="another account can be taken by root only")
PROGRAM = "liars-victim"
WAYS_TO_CHANGE = 9
"""A lease, an account or their folder."""


@pytest.fixture
def victim(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of a program that nobody else runs."""
    program = tmp_path / PROGRAM
    shutil.copy("/usr/bin/sleep", program)
    process = subprocess.Popen([program, str(LIMIT)])
    yield process
    process.kill()
    process.wait()


def tried(user: int | None = None, **targets: object) -> dict[str, dict[str, str]]:
    """What the probe says, run as payloads run it, by this account."""
    found: dict[str, dict[str, str]] = run("liar", json.dumps(targets), user=user, parts=("finding",))
    return found


def test_a_line_goes_into_the_log_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liar, "LOG", str(tmp_path / "log"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(liar.LOG)
        assert liar.forge("<30>glexec[1]: forged", "<30>payload: harmless")["attempt"] == "succeeded"
        assert [log.recv(100), log.recv(100)] == [b"<30>glexec[1]: forged", b"<30>payload: harmless"]


def test_without_a_log_nothing_is_forged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liar, "LOG", str(tmp_path / "log"))
    with pytest.raises(FileNotFoundError):
        liar.forge("x", "y")


def test_who_may_signal_the_switch_silences_it(victim: "subprocess.Popen[bytes]") -> None:
    assert tried(a={"kind": "silence", "program": PROGRAM})["a"]["attempt"] == "succeeded"
    assert victim.wait(LIMIT) == -9


@as_others
def test_who_may_not_signal_the_switch_does_not(victim: "subprocess.Popen[bytes]") -> None:
    found = tried(NOBODY, a={"kind": "silence", "program": PROGRAM})["a"]
    assert (found["attempt"], victim.poll()) == ("blocked", None)
    assert "1 processes" in found["saw"]


def test_a_child_keeps_open_what_its_parent_had_and_what_a_program_has_until_its_time_is_up(
    victim: "subprocess.Popen[bytes]",
) -> None:
    """It is heard by the end of a pipe: that comes when the last one who has it has let go."""
    ours, its = os.pipe()
    os.set_inheritable(its, True)
    target = json.dumps({"a": {"kind": "hold", "program": PROGRAM, "seconds": 0.5}})
    source = probe("liar", "finding")
    liar_itself = subprocess.Popen(
        [PYTHON, "-", target], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False
    )
    os.close(its)
    assert liar_itself.stdin
    assert liar_itself.stdout
    liar_itself.stdin.write(source)
    liar_itself.stdin.close()
    found = json.loads(liar_itself.stdout.readline())["a"]
    assert liar_itself.wait(LIMIT) == 0
    os.set_blocking(ours, False)
    with pytest.raises(BlockingIOError):
        os.read(ours, 1)
    os.set_blocking(ours, True)
    assert os.read(ours, 1) == b""
    os.close(ours)
    liar_itself.stdout.close()
    assert found["attempt"] == "succeeded"
    assert f"of 1 processes of {PROGRAM}" in found["saw"]
    assert "and 0 descriptors" not in found["saw"]
    assert victim.poll() is None


@pytest.mark.parametrize(("does", "end"), [("echo 4242", "succeeded"), ("exit 203", "blocked")])
def test_a_call_that_runs_nothing_is_blocked(tmp_path: Path, does: str, end: str) -> None:
    switch = tmp_path / "switch"
    switch.write_text(f"#!/bin/sh\n{does}\n")
    switch.chmod(0o755)
    assert tried(a={"kind": "switch", "program": str(switch), "proxy": "a proxy", "ident": "1"})["a"]["attempt"] == end


def test_a_call_without_a_switch_is_blocked_and_one_without_a_proxy_untried() -> None:
    missing = {"kind": "switch", "program": "/no/such/switch", "ident": "1"}
    found = tried(a={**missing, "proxy": "a proxy"}, b={**missing, "proxy": ""}, c={"kind": "no such kind"})
    assert [found[name]["attempt"] for name in "abc"] == ["blocked", "not tried", "not tried"]


@as_others
def test_leases_are_changed_by_who_may_write_there_only() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "alpha001").touch()
        lease = {"kind": "leases", "folder": name, "account": "alpha001", "name": "%2fcn%3dx", "old": 1}
        assert tried(NOBODY, a=lease)["a"]["attempt"] == "blocked"
        assert [path.name for path in folder.iterdir()] == ["alpha001"]
        assert tried(a=lease)["a"]["attempt"] == "succeeded"
        assert [path.name for path in folder.iterdir()] != ["alpha001"]


@as_others
def test_leases_are_changed_in_every_way_by_their_owner_and_by_who_may_write_there_in_most() -> None:
    """Mode and times of somebody else's file are not changed by who may write it, utime(2): he replaces it."""
    for user, refused in ((None, set()), (NOBODY, {"open to all", "make a lease old"})):
        with tempfile.TemporaryDirectory(dir="/tmp") as name:
            folder = Path(name)
            folder.chmod(0o777)
            for each in ("alpha001", "%2fcn%3dbob"):
                (folder / each).touch()
                (folder / each).chmod(0o666)
            lease = {"kind": "leases", "folder": name, "account": "alpha001", "name": "%2fcn%3dx", "old": 1}
            done, _, said = tried(user, a=lease)["a"]["saw"].partition("; refused: ")
            ways = done.removeprefix(f"{name}: ").split(", ")
            assert len(ways) == WAYS_TO_CHANGE - len(refused)
            assert {way.partition(": ")[0] for way in said.split(", ") if way} == refused
            assert [path.name for path in folder.iterdir()] == ["%2fcn%3dx"]


def test_a_proxy_that_it_is_told_stands_in_no_command_line(tmp_path: Path) -> None:
    """A payload's arguments are for everybody who looks at /proc, and the site records them."""
    program = tmp_path / "switch"
    lines = ('grep -q bobs-own "$GLEXEC_CLIENT_CERT" || exit 3', 'tr "\\0" " " </proc/$PPID/cmdline >&2', "exit 4")
    program.write_text("\n".join(("#!/usr/bin/dash", *lines, "")))
    program.chmod(0o755)
    target = {"kind": "switch", "program": str(program), "proxy": "bobs-own", "ident": "borrowed"}
    saw = run("liar", parts=("finding",), told={"a": target})["a"]["saw"]
    assert saw == f"{program} ended with 4: /usr/bin/python3 -"
