"""Clean-up: a run that is killed with SIGKILL leaves no container and no network, at whatever moment it dies."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from testbed.lab.engine import OWNER, RUN, Engine
from testbed.lab.run import alive, gc, owner
from testbed.lab.wait import eventually

SCENARIO = "scenarios/separation/test_identity.py"
ROOT = Path(__file__).parents[2]


def start(tmp_path: Path) -> subprocess.Popen[bytes]:
    """A run of its own, in a process group of its own."""
    words = [sys.executable, "-m", "pytest", "-p", "testbed.plugin", "-q", "--mode=none", "--mode=setuid"]
    return subprocess.Popen(
        [*words, f"--results={tmp_path / 'results'}", SCENARIO],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def things(engine: Engine, pid: int) -> list[str]:
    """The containers and networks of a process's run."""
    found = []
    for kind in (engine.api.containers(all=True, filters={"label": RUN}), engine.api.networks(filters={"label": RUN})):
        found += [str(thing["Id"]) for thing in kind if f" {pid} " in thing["Labels"].get(OWNER, "")]
    return found


@pytest.mark.parametrize("moment", [0.6, 1.0, 1.4, 1.9, 2.6])
def test_nothing_is_left_ten_seconds_after_a_kill(moment: float, tmp_path: Path) -> None:
    engine = Engine()
    run = start(tmp_path)
    eventually(lambda: things(engine, run.pid), within=20)
    time.sleep(moment * random.uniform(0.5, 1.0))
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert eventually(lambda: not things(engine, run.pid), within=10, every=0.1)
    # And nothing comes afterwards that the engine was still making.
    time.sleep(1)
    assert things(engine, run.pid) == []


def test_containers_end_by_themselves_when_the_janitor_is_killed_too(tmp_path: Path) -> None:
    engine = Engine()
    run = start(tmp_path)

    def containers(**filters: str) -> list[object]:
        every = engine.api.containers(all=True, filters={"label": RUN, **filters})
        return [thing for thing in every if f" {run.pid} " in thing["Labels"].get(OWNER, "")]

    assert eventually(lambda: len(containers(status="running")) == 2, within=30)
    janitors = subprocess.run(
        ["pgrep", "-P", str(run.pid), "-f", "testbed.lab.janitor"], capture_output=True, text=True
    )
    assert janitors.stdout.split()
    for pid in janitors.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert eventually(lambda: not containers(), within=10, every=0.1)
    gc(engine)  # networks have no lifeline: the next start sweeps them
    assert things(engine, run.pid) == []


def test_an_interrupted_run_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    engine = Engine()
    run = start(tmp_path)
    assert eventually(lambda: things(engine, run.pid), within=20)
    os.kill(run.pid, signal.SIGINT)
    assert run.wait(timeout=30) == 2
    assert things(engine, run.pid) == []


def test_only_a_living_process_owns_something() -> None:
    assert alive(owner(os.getpid()))
    dead = subprocess.Popen(["true"])
    name = owner(dead.pid)
    dead.wait()
    assert not alive(name)
    host, boot, pid, start_time = owner(os.getpid()).split()
    assert not alive(f"{host} {boot} {pid} {int(start_time) + 1}")
    assert not alive(f"{host} another-boot {pid} {start_time}")
    assert alive(f"another-host {boot} {pid} {start_time}")
    assert not alive("")


def test_gc_removes_what_the_dead_left_and_nothing_of_the_living() -> None:
    engine = Engine()
    dead = subprocess.Popen(["true"])
    labels = {RUN: f"test-gc-{os.getpid()}", OWNER: owner(dead.pid)}
    dead.wait()
    mine = {RUN: f"test-living-{os.getpid()}", OWNER: owner(os.getpid())}
    engine.network(f"testbed-gc-{os.getpid()}", labels)
    engine.network(f"testbed-living-{os.getpid()}", mine)
    try:
        assert f"testbed-gc-{os.getpid()}" in gc(engine)
        assert engine.owners()[mine[RUN]] == mine[OWNER]
    finally:
        engine.sweep(mine[RUN])
        engine.sweep(labels[RUN])
