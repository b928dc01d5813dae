"""What is installed and started on a machine, what is refused, and what an engine that was killed leaves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.lab.machine import command, compose, daemon, packages
from testbed.lab.machine.phases import phase
from testbed.lab.wait import eventually
from testbed.model.problem import Problem


def test_nothing_is_installed_where_that_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_INSTALL", "no")
    with pytest.raises(Problem) as caught:
        packages.install(["docker.io"], "no container engine answers", pytest.fail)
    assert caught.value.what == "no container engine answers"
    assert "TESTBED_INSTALL=no" in caught.value.cause
    assert caught.value.remedy == "as root: apt-get install -y --no-install-recommends docker.io"


def test_nothing_is_installed_by_anybody_but_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Problem) as caught:
        packages.install(["docker.io"], "no container engine answers", pytest.fail)
    assert caught.value.remedy.startswith("as root: apt-get install")


def test_nothing_is_installed_on_a_system_that_is_not_like_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(packages, "system", lambda: {"ID": "fedora", "PRETTY_NAME": "Fedora Linux 42"})
    with pytest.raises(Problem) as caught:
        packages.permit("no container engine answers", "apt-get install docker.io")
    assert caught.value.found == "Fedora Linux 42"
    assert "apt-get" not in caught.value.remedy


@pytest.mark.parametrize(
    ("release", "like"),
    [({"ID": "debian"}, True), ({"ID": "ubuntu", "ID_LIKE": "debian"}, True), ({"ID": "rhel"}, False), ({}, False)],
)
def test_debian_and_what_is_like_it_are_known(
    monkeypatch: pytest.MonkeyPatch, release: dict[str, str], like: bool
) -> None:
    monkeypatch.setattr(packages, "system", lambda: release)
    assert packages.debian_like() is like


def test_a_file_that_names_somebody_elses_process_is_removed(tmp_path: Path) -> None:
    stale = tmp_path / "docker.pid"
    stale.write_text(f"{os.getpid()}\n")
    assert daemon.drop_stale(stale, "dockerd")
    assert not stale.exists()


@pytest.mark.parametrize("text", ["", "garbage", "4194305"], ids=["empty", "garbage", "nobody"])
def test_a_file_that_names_no_process_is_removed(tmp_path: Path, text: str) -> None:
    stale = tmp_path / "docker.pid"
    stale.write_text(text)
    assert daemon.drop_stale(stale, "dockerd")


def test_a_file_that_names_the_living_program_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "sleeper.pid"
    with subprocess.Popen(["sleep", "60"]) as process:
        kept.write_text(str(process.pid))
        assert not daemon.drop_stale(kept, "sleep")
        process.kill()
    assert kept.exists()


def test_a_dead_process_that_nobody_has_reaped_does_not_count(tmp_path: Path) -> None:
    stale = tmp_path / "sleeper.pid"
    process = subprocess.Popen(["sleep", "60"])
    stale.write_text(str(process.pid))
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the process table
    assert daemon.drop_stale(stale, "sleep")
    process.wait()


def test_a_plugin_is_put_in_place_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "cli-plugins" / "docker-compose"
    with pytest.raises(FileNotFoundError):
        compose.place(tmp_path / "none", target)
    assert list(target.parent.iterdir()) == []
    (tmp_path / "plugin").write_text("#!/bin/sh\n")
    compose.place(tmp_path / "plugin", target)
    assert [path.name for path in target.parent.iterdir()] == ["docker-compose"]
    assert target.stat().st_mode & 0o777 == 0o755


def test_a_command_that_fails_shows_its_last_lines() -> None:
    with pytest.raises(Problem) as caught:
        command.run(["sh", "-c", "seq 100; echo E: broken >&2; exit 7"], limit=10)
    assert caught.value.what == "sh failed with exit code 7"
    assert caught.value.cause.splitlines()[-2:] == ["100", "E: broken"]
    assert len(caught.value.cause.splitlines()) == command.LAST_LINES


def test_last_lines_have_no_colours_and_no_empty_lines() -> None:
    assert command.last_lines("one\n\n\x1b[91mtwo\n\x1b[0m  three  \n", 2) == "two\n  three"


def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    children = tmp_path / "children"
    with pytest.raises(Problem, match="longer than"):
        command.run(["sh", "-c", f"sleep 600 & echo $! >{children}; wait"], limit=0.5)
    stat = Path("/proc") / children.read_text().strip() / "stat"
    assert eventually(lambda: not stat.exists() or ") Z " in stat.read_text(), within=5)


def test_a_full_disk_is_named_with_what_to_do() -> None:
    with pytest.raises(Problem) as caught:
        command.run(["sh", "-c", "cat /etc/os-release > /dev/full"], limit=10)
    assert "make room on the disk" in caught.value.remedy


def test_a_phase_is_told_in_one_line_with_its_time() -> None:
    told: list[str] = []
    with phase("engine", told.append) as going:
        going.detail = "docker 20.10.24, answered"
    assert told[0].split() == ["engine", "docker", "20.10.24,", "answered", "0.0", "s"]


def test_a_phase_that_is_left_by_an_error_says_so() -> None:
    told: list[str] = []
    with pytest.raises(Problem), phase("images", told.append):
        raise Problem("it broke")
    assert told[0].split() == ["images", "stopped", "0.0", "s"]


def test_what_comes_before_the_environment_needs_the_standard_library_only() -> None:
    isolated = "import sys; sys.path.insert(0, sys.argv[1]); import testbed.lab.machine.__main__"
    root = str(Path(daemon.__file__).parents[3])
    subprocess.run([sys.executable, "-I", "-S", "-c", isolated, root], timeout=30, check=True)
