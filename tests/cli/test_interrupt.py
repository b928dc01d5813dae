"""Ctrl-C in every phase of `testbed run`, and SIGKILL of it: told in a line, soon over, nothing left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.lab.engine import OWNER, RUN, Engine
from testbed.lab.machine.ready import make_ready
from testbed.lab.wait import eventually
from tests.load import slowness

SOON = 10.0
"""Seconds within which all is over, on a machine that does nothing else."""


@pytest.fixture(scope="module", autouse=True)
def machine() -> None:
    """Runs that are interrupted shall not have to build images first."""
    make_ready()


class Run:
    """A `testbed run` in a process group of its own, as a shell starts it."""

    def __init__(self, results: Path, *words: str) -> None:
        self.engine = Engine()
        self._seen: list[int] = []
        self.results = results
        self.output = (results.parent / "output").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "testbed", "run", *words, f"--results={results}"],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    @property
    def said(self) -> str:
        """What it has said so far."""
        return Path(self.output.name).read_text()

    @property
    def children(self) -> list[int]:
        """The processes that it has started: the pytest that runs the scenarios, after others."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with contextlib.suppress(OSError):
            return [int(child) for child in path.read_text().split()]
        return []

    @property
    def has_janitor(self) -> bool:
        """Whether the process is there that clears up after a run which was killed."""
        for child in self.pids:
            with contextlib.suppress(OSError):
                for pid in Path(f"/proc/{child}/task/{child}/children").read_text().split():
                    if b"testbed.lab.janitor" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        return True
        return False

    def labelled(self, kind: str) -> list[dict[str, object]]:
        """The containers, or networks, of this run."""
        filters = {"label": RUN}
        api = self.engine.api
        found = api.containers(all=True, filters=filters) if kind == "containers" else api.networks(filters=filters)
        owners = [f" {child} " for child in self.pids]
        return [thing for thing in found if any(owner in thing["Labels"].get(OWNER, "") for owner in owners)]

    @property
    def pids(self) -> list[int]:
        """Every process that has ever been seen as a child of it."""
        self._seen += self.children
        return self._seen

    @property
    def left(self) -> list[object]:
        """What is there of this run."""
        return [*self.labelled("containers"), *self.labelled("networks")]

    def runs(self, program: str) -> bool:
        """Whether a program runs in one of its containers."""
        for container in self.labelled("containers"):
            with contextlib.suppress(Exception):  # it may be gone by now; the next look tells
                processes = self.engine.api.top(container["Id"])["Processes"]
                if any(program in word for process in processes for word in process):
                    return True
        return False


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Starts a run of one cell, with other options of `testbed run`; what still runs of it in the end is ended."""
    runs: list[Run] = []

    def started(*words: str) -> Run:
        runs.append(Run(tmp_path / "results", *words))
        return runs[-1]

    yield started
    for run in runs:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.process.pid, signal.SIGKILL)
        run.process.wait(timeout=10)


Moment = Callable[[Run], object]
MOMENTS: dict[str, Moment] = {
    "while it loads": lambda run: "/cryptography/" in Path(f"/proc/{run.process.pid}/maps").read_text(),
    "while compose is looked for": lambda run: "engine " in run.said,
    "while pytest starts": lambda run: "images " in run.said and run.children,
    "while the janitor starts": lambda run: run.has_janitor,
    "while credentials are made": lambda run: run.labelled("containers"),
    "while a world is started": lambda run: run.labelled("networks"),
    "while its containers start": lambda run: len(run.labelled("containers")) == 2,
    "while a virtual machine boots": lambda run: run.runs("qemu-system"),
    "after a first row": lambda run: (run.results / "results.jsonl").exists(),
    "while the reports are written": lambda run: (run.results / "matrix.md").exists(),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupted_run_says_so_and_leaves_nothing(moment: str, start: Callable[..., Run]) -> None:
    few = ["-k", "test_exit_codes"] if "reports" in moment else []  # they are written at the end
    run = start("vm-gridmap" if "virtual" in moment else "setuid-gridmap", *few)
    assert eventually(lambda: MOMENTS[moment](run), within=60), run.said
    assert run.process.poll() is None, run.said
    began = time.monotonic()
    os.killpg(run.process.pid, signal.SIGINT)
    code = run.process.wait(timeout=60)
    seconds = time.monotonic() - began
    assert code == 2, run.said
    assert "interrupted" in run.said
    assert "Traceback" not in run.said
    assert run.left == []
    assert seconds < SOON or seconds < SOON * slowness()


def test_a_second_interrupt_does_not_cut_clearing_up_short(start: Callable[..., Run]) -> None:
    run = start("setuid-gridmap")
    assert eventually(lambda: len(run.labelled("containers")) == 2, within=60), run.said
    os.killpg(run.process.pid, signal.SIGINT)
    while run.process.poll() is None:  # an impatient reader
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.process.wait(timeout=0.3)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.process.pid, signal.SIGINT)
    assert run.process.returncode == 2
    assert "Traceback" not in run.said
    assert eventually(lambda: not run.left, within=SOON * slowness())


SLOW = "while a virtual machine boots"
"""Of a kill it tells what a world that is started tells; an interrupt is tried at that moment each time."""
KILLED = [pytest.param(each, marks=pytest.mark.slow) if each == SLOW else each for each in list(MOMENTS)[2:-1]]


@pytest.mark.parametrize("moment", KILLED)
def test_nothing_is_left_of_a_run_whose_command_is_killed(moment: str, start: Callable[..., Run]) -> None:
    """Only the command itself is killed, as by the kernel when memory is short: what it started must follow."""
    run = start("vm-gridmap" if "virtual" in moment else "setuid-gridmap")
    assert eventually(lambda: MOMENTS[moment](run), within=60), run.said
    scenarios = run.pids[-1]
    run.process.kill()
    assert eventually(
        lambda: not run.left and not Path(f"/proc/{scenarios}").exists(), within=SOON * slowness(), every=0.1
    )
    time.sleep(1)  # what the engine was still making would come now
    assert run.left == []
