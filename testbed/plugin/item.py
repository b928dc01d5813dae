"""What a test item of pytest's says of its scenario: its cell, its sentence, where its evidence goes."""

import re
from pathlib import Path

import pytest

from testbed.model.cell import Cell
from testbed.model.requirement import REQUIREMENTS


def cell_of(item: pytest.Item) -> Cell | None:
    """The cell that a scenario runs in; ``None`` for a test that is no scenario."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    cell = parameters.get("cell")
    return cell if isinstance(cell, Cell) else None


def cell_name(item: pytest.Item, cell: Cell) -> str:
    """The cell's id, and what the scenario is parametrised with besides it: unique within the scenario."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) else {}
    beside = (str(value) for name, value in parameters.items() if name != "cell")
    return "-".join([cell.id, *(re.sub(r"[^A-Za-z0-9.]+", "-", value).strip("-") for value in beside)])


def scenario(item: pytest.Item) -> str:
    """Where the scenario is declared: ``scenarios/separation/test_theft.py::test_...``."""
    return item.nodeid.partition("[")[0]


def sentence(item: pytest.Item) -> str:
    """The scenario's name as the sentence that it is."""
    words = item.name.partition("[")[0].removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:]


def documentation(item: pytest.Item) -> str:
    """The first paragraph of the scenario's docstring: what is documented, and where."""
    text = (item.function.__doc__ or "") if isinstance(item, pytest.Function) else ""
    return " ".join(text.strip().split("\n\n")[0].split())


def shown(item: pytest.Item) -> tuple[str, ...]:
    """The requirements that the scenario, or its file, says it shows, in their order."""
    names = {name for marker in item.iter_markers("shows") for name in marker.args}
    return tuple(each.name for each in REQUIREMENTS if each.name in names)


def evidence_folder(item: pytest.Item) -> str:
    """Its own for each scenario and cell: ``evidence/failure/internal-error/a-missing-...-setuid-gridmap``."""
    scenario = Path(item.nodeid.partition("::")[0]).with_suffix("")
    parts = (scenario.parent.name, scenario.name, item.name)
    names = (re.sub(r"[^A-Za-z0-9.]+", "-", part.removeprefix("test_")).strip("-") for part in parts)
    return str(Path("evidence", *names))
