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
from testbed.lab.run import alive, gc, named, owner
from testbed.lab.wait import eventually
from tests.load import slowness

SOON = 10.0
"""Seconds within which all is over, on a machine that does nothing else."""
SCENARIO = "scenarios/separation/test_identity.py"
ROOT = Path(__file__).parents[2]


def start(tmp_path: Path) -> subprocess.Popen[bytes]:
    """A run of its own, in a process group of its own."""
    words = [sys.executable, "-m", "pytest", "-p", "testbed.plugin", "-q", "--mode=none", "--mode=setuid"]
    return subprocess.Popen(
        [*words, f"--results={tmp_path / 'results'}", SCENARIO],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
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
    assert eventually(lambda: things(engine, run.pid), within=120)
    time.sleep(moment * random.uniform(0.5, 1.0))
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert eventually(lambda: not things(engine, run.pid), within=SOON * slowness(), every=0.1)
    # And nothing comes afterwards that the engine was still making.
    time.sleep(1)
    assert things(engine, run.pid) == []


def test_containers_end_by_themselves_when_the_janitor_is_killed_too(tmp_path: Path) -> None:
    engine = Engine()
    run = start(tmp_path)

    def containers(**filters: str) -> list[object]:
        every = engine.api.containers(all=True, filters={"label": RUN, **filters})
        return [thing for thing in every if f" {run.pid} " in thing["Labels"].get(OWNER, "")]

    assert eventually(lambda: len(containers(status="running")) == 2, within=120)
    janitors = subprocess.run(
        ["pgrep", "-P", str(run.pid), "-f", "testbed.lab.janitor"], capture_output=True, text=True
    )
    assert janitors.stdout.split()
    for pid in janitors.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert eventually(lambda: not containers(), within=SOON * slowness(), every=0.1)
    gc(engine)  # networks have no lifeline: the next start sweeps them
    assert things(engine, run.pid) == []


def test_an_interrupted_run_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    engine = Engine()
    run = start(tmp_path)
    assert eventually(lambda: things(engine, run.pid), within=120)
    os.kill(run.pid, signal.SIGINT)
    assert run.wait(timeout=120) == 2
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
    assert not alive(f"{host} {boot} {pid} ")


HIDING = """
set -e
mount -t proc -o hidepid=2 proc /proc
exec setpriv --regid=65534 --clear-groups --bounding-set=-sys_ptrace,-kill -- "$@"
"""
LOOK = "import sys; from testbed.lab.run import alive; print(*map(alive, sys.argv[1:]))"


def test_a_process_of_somebody_else_is_alive_even_where_nobody_is_told_of_it() -> None:
    """A worker of a pool machine, say, where /proc is mounted with hidepid=2 and the engine is everybody's."""
    dead = subprocess.Popen(["true"])
    with subprocess.Popen(["setpriv", "--reuid=65534", "--clear-groups", "--", "sleep", "60"]) as other:
        names = [owner(other.pid), owner(dead.pid)]
        dead.wait()
        hidden = ["unshare", "--mount", "--propagation", "private", "sh", "-c", HIDING, "sh"]
        seen = subprocess.run([*hidden, sys.executable, "-c", LOOK, *names], cwd=ROOT, capture_output=True, text=True)
        other.kill()
    assert seen.stdout == "True False\n", seen.stderr


def test_two_runs_of_one_process_and_second_have_names_of_their_own() -> None:
    assert named("20260101-000000").ident != named("20260101-000000").ident


def test_gc_removes_what_the_dead_left_and_nothing_of_the_living() -> None:
    engine = Engine()
    dead = subprocess.Popen(["true"])
    labels = {RUN: f"test-gc-{os.getpid()}", OWNER: owner(dead.pid)}
    dead.wait()
    mine = {RUN: f"test-living-{os.getpid()}", OWNER: owner(os.getpid())}
    engine.network(f"testbed-gc-{os.getpid()}", labels)
    engine.network(f"testbed-living-{os.getpid()}", mine)
    try:
        gc(engine)  # or another run's, which starts beside this one
        owners = engine.owners()
        assert labels[RUN] not in owners
        assert owners[mine[RUN]] == mine[OWNER]
    finally:
        engine.sweep(mine[RUN])
        engine.sweep(labels[RUN])
