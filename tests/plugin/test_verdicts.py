"""From how a scenario ends to the verdict of its row: scenarios without a world, in a pytest of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from testbed.model.row import Verdict
from testbed.report.results import Results

ROOT = Path(__file__).parents[2]
SCENARIO = """\
from testbed.model.bound import Bound
from testbed.model.problem import Problem
from testbed.plugin import matrix


@matrix(mode="none")
def test_a_sentence(cell, notes):
    {body}
"""


@pytest.mark.parametrize(
    ("body", "verdict", "code"),
    [
        ("assert 1 + 1 == 2", Verdict.CONFORMS, 0),
        ("assert 1 + 1 == 3", Verdict.DEVIATES, 1),
        ("[record] = []", Verdict.DEVIATES, 1),
        ("[][0]", Verdict.DEVIATES, 1),
        ("int('many')", Verdict.DEVIATES, 1),
        ("__import__('json').loads('{{')", Verdict.BLOCKED, 2),
        ("notes.timed(10.9, Bound(0.3))", Verdict.CONFORMS, 0),
        ("notes.timed(11.1, Bound(0.3))", Verdict.DEVIATES, 1),
        ("raise Problem('no engine')", Verdict.BLOCKED, 2),
    ],
)
def test_what_the_scenario_itself_is_not_content_with_deviates(
    tmp_path: Path, body: str, verdict: Verdict, code: int
) -> None:
    (tmp_path / "test_it.py").write_text(SCENARIO.format(body=body))
    words = ["-qq", "-p", "testbed.plugin", "-p", "no:cacheprovider", f"--results={tmp_path / 'results'}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, f"--rootdir={tmp_path}", "test_it.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "DOCKER_HOST": "unix:///nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    [row] = Results.read(tmp_path / "results").rows
    assert row.verdict is verdict
    assert done.returncode == code
