"""What is printed of kinds of job."""

from testbed.pilot.comparison import Figures
from testbed.pilot.kinds_table import COLUMNS, table

ONE = Figures("classic", 40, 39, 1, 2, 1.25, 2.5, 0.75, 0.5, 20.0, 4.5, 41, 0, 0, 0, 3, ("well",))


def test_every_column_has_its_figure_below_it() -> None:
    _, head, line = table("well", [ONE])
    assert len(head) == len(line)
    assert dict(zip(COLUMNS, line.split()[1:], strict=True)) == {
        "ran": "39",
        "lost": "1",
        "again": "2",
        "wait": "1.25",
        "p95": "2.50",
        "first": "0.75",
        "turn": "0.50",
        "idle": "20.00",
        "each": "0.51",
        "whole": "4.50",
        "sent": "41",
        "calls": "0",
        "seen": "0",
    }
