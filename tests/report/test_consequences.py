"""The tables of faults in docs/authority.md and docs/failures.md are those of the model."""

from pathlib import Path

from testbed.model.consequence import CONSEQUENCES
from testbed.model.node_consequence import NODE_CONSEQUENCES
from testbed.report.consequences import node_table, table

DOC = Path(__file__).parents[2] / "docs/authority.md"
OF_NODE = DOC.with_name("failures.md")


def test_the_documented_table_of_faults_is_that_of_the_model() -> None:
    documented = DOC.read_text()
    assert table() in documented, f"put this into {DOC.name}:\n{table()}"


def test_every_fault_has_its_row() -> None:
    rows = table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [str(fault) for fault in CONSEQUENCES]
    assert all(row.count("|") == table().splitlines()[0].count("|") for row in rows)


def test_the_documented_table_of_faults_of_the_node_is_that_of_the_model() -> None:
    documented = OF_NODE.read_text()
    assert node_table() in documented, f"put this into {OF_NODE.name}:\n{node_table()}"
    rows = node_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [str(fault) for fault in NODE_CONSEQUENCES]
