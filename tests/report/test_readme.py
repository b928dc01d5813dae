"""What the README counts is what the catalogue says of all cells; its times are those of the run it names."""

import json
import subprocess
import sys
from pathlib import Path

from testbed.model.cell import Cell
from testbed.model.oracle import expected
from testbed.model.problem import Problem
from testbed.model.row import Row, Verdict
from testbed.report.comparison import Line, comparison

ROOT = Path(__file__).parents[2]
LISTING = ("-p", "testbed.plugin", "-p", "no:cacheprovider", "--list-cells", "json", "-qq", "scenarios/separation")

CONTROLS = "scenarios/separation/test_controls.py"
"""Says that probes work, and nothing of anybody's protection."""


def _cells() -> list[Row]:
    """Every cell of an attack in scenarios/separation, as documented."""
    command = [sys.executable, "-m", "pytest", *LISTING]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=True)
    rows = []
    for each in json.loads(listed.stdout):
        if CONTROLS in each["scenario"]:
            continue
        try:
            cell = Cell.parse(each["cell"])
        except Problem:
            continue
        outcome = expected(cell, "alpha").outcome if cell.attack else None
        if outcome:
            scenario = each["scenario"].partition("[")[0]
            row = Row(scenario, each["title"], cell.id, cell.mode, Verdict.CONFORMS, protects=outcome.protects)
            rows.append(row)
    return rows


def _line(line: Line) -> str:
    files = ", ".join(f"`{name}`" for name in line.scenarios)
    return f"| {' | '.join((line.asked, *line.answers, files))} |"


def test_the_readme_counts_the_attacks_that_there_are() -> None:
    found = comparison(_cells())
    assert found
    lines = [_line(line) for line in found.lines]
    assert len(lines) == 2
    readme = (ROOT / "README.md").read_text()
    missing = [line for line in lines if line not in readme]
    assert not missing, "put this into README.md, with figures of a new run below it:\n" + "\n".join(missing)
