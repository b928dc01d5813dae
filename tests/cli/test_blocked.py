"""A disk that is full, a world that does not become ready: blocked, said once, exit code 2, nothing left behind."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.lab.engine import OWNER, RUN, Engine
from testbed.lab.wait import eventually

SCENARIOS = Path(__file__).parents[2] / "scenarios"
BROKEN_SSHD = """
from testbed.lab import layout
from testbed.model.entry import Entry

whole = layout.worker_node
layout.worker_node = lambda *site: [*whole(*site), Entry("/etc/ssh/sshd_config", b"NoSuchOption yes\\n")]
"""


def run(results: Path, *words: str, **environment: str) -> tuple[int, str]:
    """A run's exit code and all that it said. Nothing of it may be there afterwards."""
    options = ["-qq", "-rN", "--tb=no", "--no-header", "-p", "no:cacheprovider", f"--results={results}"]
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, *words],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        cwd=SCENARIOS.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said, _ = process.communicate(timeout=120)
    engine = Engine()
    assert not [owner for owner in engine.owners().values() if f" {process.pid} " in owner], (RUN, OWNER)
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    return process.returncode, said


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk that holds so many kB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk that is soon full")
    folder = tmp_path / "disk"
    folder.mkdir()
    size = f"size={request.param}k"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=True, timeout=10)
    yield folder
    subprocess.run(["umount", str(folder)], check=True, timeout=10)


@pytest.mark.parametrize("disk", [4, 12, 64, 400], indirect=True)
def test_a_disk_that_is_full_ends_the_run_and_is_named(disk: Path) -> None:
    """Full at once; while the first row is written; while evidence is kept; in the middle of the run."""
    code, said = run(disk / "results", "--mode=none", "--mode=setuid", str(SCENARIOS / "separation"))
    assert code == 2
    assert "blocked: the results could not be written" in said
    assert "No space left on device" in said
    assert str(disk) in said
    assert "make room" in said


def test_a_results_folder_that_may_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, said = run(tmp_path / "file" / "results", "--cell=none-gridmap-bob", str(SCENARIOS / "separation"))
    assert code == 2
    assert "the results could not be written" in said


def test_a_world_that_does_not_become_ready_is_told_with_its_last_words_and_tried_once(tmp_path: Path) -> None:
    (tmp_path / "broken_sshd.py").write_text(BROKEN_SSHD)
    began = time.monotonic()
    words = ["-p", "broken_sshd", "--mode=setuid", str(SCENARIOS / "separation" / "test_identity.py")]
    code, said = run(tmp_path / "results", *words, PYTHONPATH=str(tmp_path))
    assert code == 2
    assert "NoSuchOption" in said
    assert "not judged" in said
    assert time.monotonic() - began < 40


def test_runs_at_the_same_time_leave_each_other_alone(tmp_path: Path) -> None:
    """Every run sweeps when it starts: what a living neighbour has must survive that."""
    words = [sys.executable, "-m", "pytest", "-qq", "-p", "no:cacheprovider", "--cell=setuid-gridmap"]
    runs = []
    for number in range(2):
        command = [*words, f"--results={tmp_path / str(number)}", str(SCENARIOS / "separation" / "test_identity.py")]
        runs.append(subprocess.Popen(command, cwd=SCENARIOS.parent, stdout=subprocess.PIPE, text=True))
        pid = runs[-1].pid
        assert eventually(lambda pid=pid: any(f" {pid} " in who for who in Engine().owners().values()), within=30)  # type: ignore[misc]
    gc = subprocess.run([sys.executable, "-m", "testbed", "gc"], capture_output=True, text=True, timeout=60)
    assert gc.returncode == 0
    for each in runs:
        said, _ = each.communicate(timeout=120)
        assert each.returncode == 0, said
