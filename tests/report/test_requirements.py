"""Which cells show which requirement of the policy: in every report, with what is from memory marked as such."""

import dataclasses
import re
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from testbed.model.problem import Problem
from testbed.model.requirement import REQUIREMENTS, requirement
from testbed.model.row import Row, Verdict
from testbed.report import html, junit, markdown
from testbed.report.conditions import Conditions
from testbed.report.matrix import Tone
from testbed.report.requirements import plain, shown
from testbed.report.results import Results

ROOT = Path(__file__).parents[2]


@pytest.fixture
def showing(rows: list[Row]) -> list[Row]:
    """A run in which thefts show R8, and who is not mapped shows R3 and R6."""
    names = {"test_theft": ("R8",), "test_mapping": ("R3", "R6")}
    return [
        dataclasses.replace(row, shows=next((names[word] for word in names if word in row.scenario), ()))
        for row in rows
    ]


def test_each_requirement_counts_the_cells_that_name_it(showing: list[Row]) -> None:
    found = {each.requirement.name: each for each in shown(showing)}
    assert list(found) == [each.name for each in REQUIREMENTS]
    assert found["R8"].both == "28 as documented; users exposed in 14 (none, log-only)"
    assert found["R6"].tone is Tone.GOOD
    assert found["R4"].cells == "none"
    assert found["R12"].cells == "none: no scenario shows it"


def test_the_worst_cell_says_how_a_requirement_stands(showing: list[Row]) -> None:
    bad = [dataclasses.replace(row, verdict=Verdict.DEVIATES) if row is showing[-12] else row for row in showing]
    assert {each.tone for each in shown(bad) if each.rows} <= {Tone.BAD, Tone.GOOD}
    none = [dataclasses.replace(row, verdict=Verdict.NOT_APPLICABLE) for row in showing]
    assert {each.tone for each in shown(none)} == {Tone.QUIET}


def test_a_terminal_names_those_that_nothing_shows(showing: list[Row]) -> None:
    text = plain(showing, 100)
    assert "R8  [MEM] 28 as documented; users exposed in 14 (none, log-only): Users' jobs" in text
    assert "shown by no cell of this run: R" in text
    assert re.search(r"shown by no scenario at all: .*R12", text)
    assert all(len(line) <= 100 for line in text.splitlines())
    assert plain([dataclasses.replace(row, shows=()) for row in showing], 100) == ""


def test_every_report_has_them(showing: list[Row], conditions: Conditions) -> None:
    text = markdown.render(showing, conditions)
    assert r"| R8 | \[MEM\] | Users' jobs are isolated" in text
    assert "| none: no scenario shows it |" in text
    page = html.render(showing, conditions)
    assert page.count('class="asked"') == len(REQUIREMENTS)
    anchor = re.search(r'<article class="card" id="(cell-\d+)"><h4>setuid.{0,900}?setuid-gridmap-bobs-proxy', page)
    assert anchor
    assert f'<a href="#{anchor[1]}"><code>setuid-gridmap-bobs-proxy</code></a>' in page.split("Requirements of")[1]
    root = fromstring(junit.render(showing, conditions))
    told = {each.get("name"): each.get("value") for each in root.iter("property")}
    assert told["requirement R3 [MEM]"] == "4 as documented; users exposed in 1 (none)"
    assert sum("requirements: R3, R6" in (each.text or "") for each in root.iter("system-out")) == 4


def test_what_a_row_shows_is_there_when_its_folder_is_read_again(
    tmp_path: Path, showing: list[Row], conditions: Conditions
) -> None:
    results = Results.create(tmp_path / "run", conditions)
    for row in showing:
        results.add(row)
    assert Results.read(tmp_path / "run").rows == showing
    assert Row.parse(showing[0].json().replace(', "shows": []', "")).shows == (), "rows of before are rows still"


def test_the_table_of_requirements_and_the_scenarios_name_each_other() -> None:
    """Who adds ``@shows("R1")`` to a scenario adds its file to testbed/model/requirement.py, and the other way."""
    declared: dict[str, set[str]] = {each.name: set() for each in REQUIREMENTS}
    for path in sorted((ROOT / "scenarios").rglob("test_*.py")):
        for names in re.findall(r"\bshows\(([^)]*)\)", path.read_text()):
            for name in re.findall(r'"(\w+)"', names):
                declared[name].add(str(path.relative_to(ROOT)))
    assert declared == {each.name: set(each.shown_by_scenarios) for each in REQUIREMENTS}


def test_a_requirement_that_there_is_not_is_a_problem() -> None:
    assert requirement("R6").number == 6
    with pytest.raises(Problem, match="R13"):
        requirement("R13")
