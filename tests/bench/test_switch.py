"""A short run of the bench, for real: what it finds, what it writes, how it ends, what it leaves behind."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from testbed.lab.engine import Engine

SWITCH = Path(__file__).parents[2] / "bench" / "switch"
SHORT = ("--rounds=20", "--seconds=5", "--races=2")


def bench(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [SWITCH, *words], env={**os.environ, **environment}, capture_output=True, text=True, timeout=180
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_a_short_run_judges_every_goal_and_finds_everybody_themselves_and_recorded(tmp_path: Path) -> None:
    """How fast it is depends on who else uses the machine; who became whom, and what the site knows of it, never."""
    before = Engine().owners()
    done = bench(*SHORT, f"--json={tmp_path / 'bench.json'}")
    assert done.returncode in (0, 1), done.stderr
    told = json.loads((tmp_path / "bench.json").read_text())
    met = {goal["name"]: goal["met"] for goal in told["goals"]}
    assert met.keys() == {
        *("plain proxy", "log-only", "VOMS proxy"),
        *("identities", "records", "first accounts", "own accounts"),
    }
    assert done.returncode == (0 if all(met.values()) else 1)
    assert [word for word in met if f"\n{word} " not in done.stdout] == []
    assert (met["identities"], met["records"], met["own accounts"]) == (True, True, True)
    assert told["load"]["good"] >= told["load"]["callers"] == 64
    assert all(len(series["times"]) == 20 for series in told["speed"])
    assert Engine().owners().keys() <= before.keys()


@pytest.mark.parametrize("word", ["--seconds=0", "--rounds=1", "--callers=many"])
def test_what_makes_no_sense_is_refused_before_anything_is_done(word: str) -> None:
    done = bench(word, DOCKER_HOST="unix:///nonexistent/docker.sock")
    assert done.returncode == 2
    assert "at least" in done.stderr


def test_without_an_engine_nothing_is_measured() -> None:
    done = bench(DOCKER_HOST="unix:///nonexistent/docker.sock", TESTBED_INSTALL="no")
    assert done.returncode == 2
    assert "bench/switch: " in done.stderr
