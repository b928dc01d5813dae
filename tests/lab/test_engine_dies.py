"""An engine that is killed in the middle of a run: the run says so and ends; once it is back, gc leaves nothing.

And Ctrl-C while a demo site is brought up, where no reader's own demo is in the way.

The engine is one of our own, with processes, mounts and network apart from this machine's: whatever becomes of a test,
all that it started is gone with the first process of its pid namespace.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from testbed.lab.engine import RUN, Engine
from testbed.lab.images import BASE
from testbed.lab.machine.ready import make_ready
from testbed.lab.session import IMAGES
from testbed.lab.wait import eventually
from testbed.model.problem import Problem

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
APART = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
FIRST = "mount --make-rprivate / && mount -t tmpfs tmpfs /run && ip link set lo up && sleep infinity & wait"
"""/run apart: an engine finds its containerd there. The shell stays to reap what dies."""


class OwnEngine:
    """A dockerd that nobody else uses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix://{folder / 'docker.sock'}"
        self.log = (folder / "dockerd.log").open("ab")
        self.apart = subprocess.Popen([*APART, "sh", "-c", FIRST], stdin=subprocess.DEVNULL, start_new_session=True)
        self.inside: list[str] = []
        assert eventually(self._entered, within=10)
        self.daemon = self.start()

    def _entered(self) -> bool:
        """Whether the first process inside has come so far that others may join it."""
        children = Path(f"/proc/{self.apart.pid}/task/{self.apart.pid}/children").read_text().split()
        self.inside = ["nsenter", "-t", children[0], "-a", f"--wd={ROOT}"] if children else []
        up = [*self.inside, "grep", "-q", " /run tmpfs ", "/proc/mounts"]
        return bool(children) and subprocess.run(up, capture_output=True, timeout=10).returncode == 0

    def start(self) -> subprocess.Popen[bytes]:
        """Start the engine, again if need be, and wait until it answers."""
        words = ["dockerd", "--data-root", str(self.folder / "data"), "-H", self.address]
        self.daemon = subprocess.Popen(
            [*self.inside, *words], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True
        )
        assert eventually(self.answers, within=60, every=0.1), Path(self.log.name).read_text()[-2000:]
        return self.daemon

    def answers(self) -> Engine | None:
        """The engine, if it answers."""
        with contextlib.suppress(Problem):
            return Engine(self.address)
        return None

    def signal(self, number: signal.Signals) -> None:
        """Send dockerd, and only it, a signal."""
        children = Path(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children").read_text().split()
        os.kill(int(children[0]), number)

    def kill(self) -> None:
        """SIGKILL: its containers go on without it."""
        self.signal(signal.SIGKILL)
        self.daemon.wait(timeout=10)

    def popen(self, words: Sequence[str], output: Path) -> subprocess.Popen[bytes]:
        """A Python command beside the engine, where its containers can be reached."""
        with output.open("wb") as out:
            return subprocess.Popen(
                [*self.inside, sys.executable, *words],
                env={**os.environ, "DOCKER_HOST": self.address},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def close(self) -> None:
        """End everything that runs inside, and give the room back."""
        self.apart.kill()
        self.apart.wait(timeout=10)
        self.log.close()
        shutil.rmtree(self.folder / "data", ignore_errors=True)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnEngine]:
    if os.geteuid() != 0:
        pytest.skip("only root may start an engine of its own")
    make_ready()
    folder = tmp_path_factory.mktemp("engine")
    data = folder / "data"
    data.mkdir()
    own = OwnEngine(folder)
    try:
        with subprocess.Popen(["docker", "save", BASE, *IMAGES.values()], stdout=subprocess.PIPE) as saved:
            load = ["docker", "-H", own.address, "load"]
            subprocess.run(load, stdin=saved.stdout, check=True, capture_output=True, timeout=300)
        yield own
    finally:
        own.close()


@pytest.fixture
def living(engine: OwnEngine) -> OwnEngine:
    """The engine, back from what the test before has done to it."""
    if engine.answers() is None:
        engine.start()
    return engine


def descendants(pid: int) -> list[int]:
    """Every process below one."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [below for child in children for below in (int(child), *descendants(int(child)))]


def left(engine: Engine) -> list[str]:
    filters = {"label": RUN}
    containers = [str(thing["Names"]) for thing in engine.api.containers(all=True, filters=filters)]
    return containers + [str(thing["Name"]) for thing in engine.api.networks(filters=filters)]


def has(engine: Engine, containers: int, networks: int) -> bool:
    filters = {"label": RUN}
    there = len(engine.api.containers(filters=filters)), len(engine.api.networks(filters=filters))
    return there[0] >= containers and there[1] >= networks


MOMENTS = {
    "while credentials are made": (1, 0),
    "while a world is started": (0, 1),
    "while scenarios run": (2, 1),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_whose_engine_is_killed_says_so_and_gc_removes_the_rest(
    living: OwnEngine, moment: str, tmp_path: Path
) -> None:
    engine = living.answers()
    assert engine is not None
    output = tmp_path / "output"
    words = ["-m", "pytest", "-qq", "--tb=no", "-p", "no:cacheprovider", "--mode=setuid", "--mode=log-only"]
    run = living.popen([*words, f"--results={tmp_path / 'results'}", str(ROOT / "scenarios")], output)
    assert eventually(lambda: has(engine, *MOMENTS[moment]), within=60), output.read_text()
    living.kill()

    began = time.monotonic()
    assert run.wait(timeout=60) == 2, output.read_text()
    said = output.read_text()
    assert "blocked: the container engine stopped answering" in said
    assert "testbed gc" in said
    assert "Traceback" not in said
    assert len(said.splitlines()) < 200
    assert time.monotonic() - began < 45

    # Without an engine gc says so. With one, nothing is left ten seconds later.
    without = living.popen(["-m", "testbed", "gc"], output)
    assert without.wait(timeout=30) == 2
    assert "no container engine answers" in output.read_text()
    living.start()
    assert living.popen(["-m", "testbed", "gc"], output).wait(timeout=30) == 0
    back = living.answers()
    assert back is not None
    assert eventually(lambda: not left(back), within=10, every=0.1)


def test_a_run_whose_engine_falls_silent_ends_in_bounded_time(living: OwnEngine, tmp_path: Path) -> None:
    engine = living.answers()
    assert engine is not None
    output = tmp_path / "output"
    words = ["-m", "pytest", "-qq", "--tb=no", "-p", "no:cacheprovider", "--mode=setuid", "--mode=log-only"]
    run = living.popen([*words, f"--results={tmp_path / 'results'}", str(ROOT / "scenarios")], output)
    assert eventually(lambda: has(engine, 2, 1), within=60), output.read_text()
    living.signal(signal.SIGSTOP)
    try:
        assert run.wait(timeout=90) == 2
    finally:
        living.signal(signal.SIGCONT)
    assert "blocked: the container engine stopped answering" in output.read_text()
    assert "Traceback" not in output.read_text()
    assert eventually(lambda: not left(engine), within=15, every=0.1)  # the janitor waited for it


@pytest.mark.parametrize("phase", ["images ", "site up ", "tour"])
def test_an_interrupted_up_says_what_stays_and_the_next_one_is_whole(
    living: OwnEngine, phase: str, tmp_path: Path
) -> None:
    engine = living.answers()
    assert engine is not None
    output = tmp_path / "output"
    up = living.popen(["-u", "-m", "testbed", "up", "--tour"], output)
    # What has been told is over: the next phase is going on.
    told = {"images ": "base image", "site up ": "\nimages ", "tour": "\nsite up"}[phase]
    assert eventually(lambda: told in output.read_text() or up.poll() is not None, within=60)
    began = time.monotonic()
    for process in descendants(up.pid):  # as a terminal does; nsenter itself would die of it
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(process) == up.pid:
                os.kill(process, signal.SIGINT)
    assert up.wait(timeout=30) == 2, output.read_text()
    assert time.monotonic() - began < 10
    assert "testbed down removes it" in output.read_text()
    assert "Traceback" not in output.read_text()
    if phase == "tour":
        assert living.popen(["-m", "testbed", "up", "--tour"], output).wait(timeout=120) == 0, output.read_text()
        assert living.popen(["-m", "testbed", "down"], output).wait(timeout=60) == 0, output.read_text()
