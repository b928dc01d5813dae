"""The tables of docs/separation.md are those of the model."""

from pathlib import Path

import pytest

from testbed.model.catalogue import CATALOGUE
from testbed.report.attacks import HEADING, measures, stated, table, uncontrolled
from tests.mutants.sites import documented, read

DOC = Path(__file__).parents[2] / "docs/separation.md"


@pytest.mark.parametrize("made", [table, measures, uncontrolled, stated])
def test_the_documented_table_is_that_of_the_model(made) -> None:  # type: ignore[no-untyped-def]
    assert made() in DOC.read_text(), f"put this into {DOC.name}:\n{made()}"


def test_every_attack_has_its_row() -> None:
    rows = table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [str(attack) for attack in CATALOGUE]
    assert all(row.count(" | ") == len(HEADING) - 1 for row in rows)


def test_every_misconfiguration_is_documented() -> None:
    made = documented(read())
    assert made in DOC.read_text(), f"put this into {DOC.name}:\n{made}"
