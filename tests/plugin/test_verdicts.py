"""From how a scenario ends to the verdict of its row: scenarios without a world, in a pytest of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from testbed.model.row import Verdict
from testbed.report.results import Results

ROOT = Path(__file__).parents[2]
SCENARIOS = """\
from testbed.model.bound import Bound
from testbed.model.problem import Problem
from testbed.plugin import matrix
"""
ONE = """\


@matrix(mode="none")
def test_a_sentence_{number}(cell, notes):
    {body}
"""
VERDICTS = {
    "assert 1 + 1 == 2": Verdict.CONFORMS,
    "assert 1 + 1 == 3": Verdict.DEVIATES,
    "[record] = []": Verdict.DEVIATES,
    "[][0]": Verdict.DEVIATES,
    "int('many')": Verdict.DEVIATES,
    "__import__('json').loads('{{')": Verdict.BLOCKED,
    "notes.timed(10.9, Bound(0.3))": Verdict.CONFORMS,
    "notes.timed(11.1, Bound(0.3))": Verdict.DEVIATES,
    "raise Problem('no engine')": Verdict.BLOCKED,
}


def judged(folder: Path, *bodies: str) -> tuple[dict[str, Verdict], int]:
    """The verdict of the row of each, and the exit code of their run."""
    each = (ONE.format(number=number, body=body) for number, body in enumerate(bodies))
    (folder / "test_it.py").write_text("".join((SCENARIOS, *each)))
    words = ["-qq", "-p", "testbed.plugin", "-p", "no:cacheprovider", f"--results={folder / 'results'}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, f"--rootdir={folder}", "test_it.py"],
        cwd=folder,
        env={
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "DOCKER_HOST": "unix:///nonexistent",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    rows = Results.read(folder / "results").rows
    return {bodies[int(row.scenario.rpartition("_")[2])]: row.verdict for row in rows}, done.returncode


def test_what_the_scenario_itself_is_not_content_with_deviates(tmp_path: Path) -> None:
    assert judged(tmp_path, *VERDICTS)[0] == VERDICTS


@pytest.mark.parametrize(
    ("body", "code"), [("assert 1 + 1 == 2", 0), ("assert 1 + 1 == 3", 1), ("raise Problem('no engine')", 2)]
)
def test_a_run_ends_with_the_code_of_what_it_has_seen(tmp_path: Path, body: str, code: int) -> None:
    assert judged(tmp_path, body) == ({body: VERDICTS[body]}, code)
