"""The Markdown report: tables that stay tables, whatever stands in their cells."""

import dataclasses
import re

from testbed.model.row import Row, Verdict
from testbed.report import markdown
from testbed.report.conditions import Conditions

BORDER = re.compile(r"(?<!\\)\|")


def _tables(text: str) -> list[list[str]]:
    return [part.splitlines() for part in text.split("\n\n") if part.startswith("|")]


def test_every_line_of_a_table_has_as_many_cells_as_its_head(rows: list[Row], conditions: Conditions) -> None:
    evil = dataclasses.replace(rows[0], title="a | b\n| --- |\n`<b>`")
    for table in _tables(markdown.render([evil, *rows[1:]], dataclasses.replace(conditions, engine="a|b\\|c"))):
        assert len({len(BORDER.findall(line.replace("\\\\", ""))) for line in table}) == 1, table[0]


def test_log_only_is_green_and_red_in_one_line(rows: list[Row], conditions: Conditions) -> None:
    tallies, *_ = _tables(markdown.render(rows, conditions))
    line = next(line for line in tallies if "log-only" in line)
    assert re.search(r"🟢 behaves as documented in (\d+) of \1 \| 🔴 \*\*users are EXPOSED", line)


def test_each_cell_links_to_its_evidence(rows: list[Row], conditions: Conditions) -> None:
    text = markdown.render(rows, conditions)
    assert all(f"]({row.evidence}/)" in text for row in rows if row.evidence)


def test_a_deviation_is_told_below(rows: list[Row], conditions: Conditions) -> None:
    deviating = dataclasses.replace(rows[0], verdict=Verdict.DEVIATES, observed="<img src=x> *bold*\x1b[2J")
    text = markdown.render([deviating, *rows[1:]], conditions)
    assert "## What needs a look" in text
    assert r"\<img src=x\> \*bold\*\\x1b\[2J" in text
    assert "testbed explain none-gridmap" in text


def test_a_clean_run_has_nothing_to_look_at(rows: list[Row], conditions: Conditions) -> None:
    assert "What needs a look" not in markdown.render(rows, conditions)
