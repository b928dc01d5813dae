"""The table of faults in docs/authority.md is that of the model."""

from pathlib import Path

from testbed.model.consequence import CONSEQUENCES
from testbed.report.consequences import table

DOC = Path(__file__).parents[2] / "docs/authority.md"


def test_the_documented_table_of_faults_is_that_of_the_model() -> None:
    documented = DOC.read_text()
    assert table() in documented, f"put this into {DOC.name}:\n{table()}"


def test_every_fault_has_its_row() -> None:
    rows = table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [str(fault) for fault in CONSEQUENCES]
    assert all(row.count("|") == table().splitlines()[0].count("|") for row in rows)
