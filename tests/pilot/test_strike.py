"""What strikes on a worker node finds whom it means, waits for what it is told to, and says what did not come true."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.lab.wait import eventually

STRIKE = Path(__file__).parents[2] / "testbed/node/strike.py"
PILOT = "pilot-of-test-strike"
WAITS = "sleep 60 & wait; :"


@pytest.fixture
def job() -> Iterator[subprocess.Popen[bytes]]:
    """A process with the command line of a pilot job's, which has a child."""
    with subprocess.Popen(["/bin/sh", "-c", WAITS, "/somewhere/agent", PILOT], process_group=0) as process:
        yield process
        subprocess.run(["kill", "-KILL", "--", f"-{process.pid}"], stderr=subprocess.DEVNULL, check=False)


def strike(*words: str, limit: float = 5) -> subprocess.CompletedProcess[str]:
    """What came of it."""
    command = [sys.executable, str(STRIKE), f"{limit:g}", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_who_is_found_is_struck(job: subprocess.Popen[bytes]) -> None:
    done = strike(f"agent={PILOT}", "stop", "go", "kill", f"gone={PILOT}")
    assert (done.returncode, done.stdout.strip()) == (0, str(job.pid)), done.stderr
    assert job.wait(timeout=10) == -signal.SIGKILL


def test_a_child_that_has_ended_and_was_not_looked_at_is_found(job: subprocess.Popen[bytes]) -> None:
    listed = Path(f"/proc/{job.pid}/task/{job.pid}/children")
    children = eventually(lambda: listed.read_text().split(), within=5)
    assert strike(f"agent={PILOT}", "stop").returncode == 0
    assert strike(f"process={children[0]}", "kill", f"zombie={PILOT}").returncode == 0


def test_what_does_not_come_true_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("began 7\n")
    assert strike(f"path={path}", f"said=began:{path}").returncode == 0
    for word in (f"said=over:{path}", f"path={path}.no", "agent=pilot-of-nobody", f"front={PILOT}", "asks=1"):
        done = strike(f"path={path}", word, limit=0.05)
        assert (done.returncode, word in done.stderr) == (1, True)


def test_what_a_job_has_not_read_yet_is_looked_at_and_left_there() -> None:
    """The job has the output of a child in a pipe, and reads it only when it is told to."""
    program = (
        "import subprocess, sys; child = subprocess.Popen(['/bin/sh', '-c', 'echo began 7; echo over 7'],"
        " stdout=subprocess.PIPE); sys.stdin.readline(); print(child.stdout.read().decode(), end='')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "/somewhere/agent", PILOT],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as job:  # fmt: skip
        assert strike(f"heard=began:{PILOT}", f"heard=over:{PILOT}").returncode == 0
        assert strike(f"heard=never:{PILOT}", limit=0.05).returncode == 1
        assert job.communicate("go\n", timeout=10)[0] == "began 7\nover 7\n"
