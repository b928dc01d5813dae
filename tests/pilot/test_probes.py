"""The probes as real processes: what they say must be what happened."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.pilot.probes import probe

PYTHON = "/usr/bin/python3"
"""The system's own, as on a worker node: every account may run it."""
PROBES = Path(__file__).parents[2] / "testbed" / "node" / "probes"
PARTS = {"thief": ("finding",)}
TOKEN = "a-secret-of-bobs"
NOBODY = 65534


def run(name: str, *arguments: str, user: int | None = None) -> Any:
    """What a probe says, run as a payload runs: from its standard input, in a clean environment."""
    done = subprocess.run(
        [PYTHON, "-", *arguments],
        input=probe(name, *PARTS.get(name, ())),
        capture_output=True,
        timeout=10,
        env={},
        user=user,
        check=True,
    )
    return json.loads(done.stdout)


def steal(target: dict[str, object], user: int | None = None) -> tuple[str, str]:
    """One attempt, and the error that the kernel gave."""
    found = run("thief", json.dumps({"it": target}), user=user)["it"]
    return found["attempt"], found["errno"]


class Bob:
    """A victim that runs."""

    def __init__(self, folder: Path, limit: str = "20") -> None:
        with (PROBES / "victim.py").open("rb") as source:
            self.process = subprocess.Popen(
                [PYTHON, "-", TOKEN, limit], stdin=source, stdout=subprocess.PIPE, env={"HOME": str(folder)}
            )
        assert self.process.stdout
        self.said = json.loads(self.process.stdout.readline())

    def last_words(self) -> list[dict[str, Any]]:
        """Everything that he says until he has ended."""
        out, _ = self.process.communicate(timeout=10)
        return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[Bob]:
    """A victim, ended afterwards if he still runs."""
    victim = Bob(tmp_path)
    yield victim
    victim.process.kill()
    victim.process.communicate(timeout=10)


def test_a_payload_of_the_same_account_steals_everything(bob: Bob) -> None:
    pid = bob.said["pid"]
    assert pid == bob.process.pid
    assert steal({"kind": "read", "path": bob.said["secret"], "marker": TOKEN}) == ("succeeded", "")
    assert steal({"kind": "environ", "pid": pid, "marker": bob.said["environment"]}) == ("succeeded", "")
    assert steal({"kind": "signal", "pid": pid, "signal": "SIGUSR1", "marker": TOKEN}) == ("succeeded", "")
    Path(bob.said["release"]).touch()
    assert bob.last_words() == [{"signalled": 1}, {"signalled": 1, "ended_by": "released"}]


@pytest.mark.skipif(os.geteuid() != 0, reason="another account can be taken by root only")
def test_a_payload_of_another_account_steals_nothing(bob: Bob) -> None:
    pid = bob.said["pid"]
    assert steal({"kind": "read", "path": bob.said["secret"], "marker": TOKEN}, NOBODY) == ("blocked", "EACCES")
    assert steal({"kind": "environ", "pid": pid, "marker": TOKEN}, NOBODY) == ("blocked", "EACCES")
    assert steal({"kind": "signal", "pid": pid, "signal": "SIGUSR1", "marker": TOKEN}, NOBODY) == ("blocked", "EPERM")
    bob.process.terminate()
    assert bob.last_words() == [{"signalled": 0, "ended_by": "SIGTERM"}]


def test_what_is_not_there_cannot_be_stolen(bob: Bob) -> None:
    bob.process.terminate()
    bob.last_words()
    pid = bob.said["pid"]
    assert steal({"kind": "read", "path": bob.said["secret"], "marker": TOKEN}) == ("blocked", "ENOENT")
    assert steal({"kind": "environ", "pid": pid, "marker": TOKEN}) == ("blocked", "ENOENT")
    assert steal({"kind": "signal", "pid": pid, "signal": "SIGUSR1", "marker": TOKEN}) == ("blocked", "ENOENT")


def test_another_process_or_file_in_its_place_is_no_success(bob: Bob) -> None:
    other = "nothing that bob has"
    assert steal({"kind": "read", "path": bob.said["secret"], "marker": other}) == ("blocked", "")
    assert steal({"kind": "signal", "pid": bob.said["pid"], "signal": "SIGUSR1", "marker": other}) == ("blocked", "")
    bob.process.terminate()
    assert bob.last_words()[-1]["signalled"] == 0


@pytest.mark.parametrize(
    "target",
    [
        {"kind": "read", "path": "/etc/passwd", "marker": ""},
        {"kind": "read", "marker": "x"},
        {"kind": "wish", "marker": "x"},
        {"kind": "environ", "pid": "one", "marker": "x"},
        {"kind": "signal", "pid": 1, "signal": "SIGNOTHING", "marker": ""},
        {"kind": "read", "path": "/proc", "marker": "x"},
        {},
    ],
)
def test_an_attack_that_could_not_be_tried_is_not_called_blocked(target: dict[str, object]) -> None:
    assert steal(target)[0] == "not tried"


def test_a_victim_hides_its_secret_and_takes_it_away(tmp_path: Path) -> None:
    victim = Bob(tmp_path, "0.2")
    secret = Path(victim.said["secret"])
    assert oct(secret.stat().st_mode & 0o777) == "0o600"
    assert oct(secret.parent.stat().st_mode & 0o777) == "0o700"
    assert victim.last_words() == [{"signalled": 0, "ended_by": "limit"}]
    assert list(tmp_path.iterdir()) == []


def test_an_identity_is_what_the_kernel_says() -> None:
    said = run("identity")
    assert said["uids"] == list(os.getresuid())
    assert set(said["descriptors"]) == {"0", "1", "2"}
    assert said["host"] == os.uname().nodename
