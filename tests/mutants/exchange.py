"""A plugin of pytest's for `tests.mutants.series`: in one run of scenarios many programs have their turn as the switch.

Every scenario has a cell for each program that it is to catch. The world of a cell begins with the reference; the
program takes its place on the worker node, and goes before the world is reset. The reset looks whether the node is what
it was, and who leaves anything behind has the next one start in a world of its own. At the end the reference, built as
the others were, has to conform in the very cells in which they deviated.
"""

import contextlib
import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.lab.session import Lab
from testbed.lab.world import World
from testbed.model.row import Verdict
from testbed.pilot.alteration import altered
from testbed.plugin.item import cell_of
from testbed.plugin.suite import SUITE
from testbed.site.accounts import GLEXEC_GID
from testbed.site.layout import SWITCH, SWITCH_MODES
from testbed.site.site import Site

OWNER = f"0:{GLEXEC_GID}"


ANY = "*"
"""What the control is for: every cell in which another one was caught."""


@dataclass(frozen=True, slots=True)
class Program:
    """One that has its turn, and the scenario, or one cell of it in pytest's spelling, that is to catch it."""

    name: str
    path: str
    caught_by: str

    def __str__(self) -> str:
        """As cells are called."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", self.name)


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a program in one cell."""

    name: str
    verdict: str
    scenario: str
    cell: str
    seconds: float
    why: str


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--programs", type=Path, required=True, help="a line of JSON for each program")
    parser.addoption("--found", type=Path, required=True, help="where a line of JSON for each finding goes")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    lines = config.getoption("--programs").read_text().splitlines()
    config.pluginmanager.register(Exchange([Program(**json.loads(line)) for line in lines], config), "exchange")


class Exchange:
    """Who has a turn where, and what became of it."""

    def __init__(self, programs: list[Program], config: pytest.Config) -> None:
        self._programs = programs
        self._found = config.getoption("--found")
        self._suite = config.stash[SUITE]
        self._caught: set[str] = set()
        self._cells: set[str] = set()
        """In which somebody was caught."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A cell for each program that this scenario is to catch."""
        scenario = metafunc.definition.nodeid.removeprefix("scenarios/")
        turns = [each for each in self._programs if each.caught_by.partition("[")[0] in (scenario, ANY)]
        metafunc.fixturenames.append("program")
        metafunc.parametrize("program", turns, ids=lambda program: program.name)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Only the cells that were asked for; the control comes when it is known where."""
        chosen = [item for item in items if _plain(item) and _asked(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = sorted(chosen, key=lambda item: _program(item).caught_by == ANY)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note what becomes of a cell."""
        before = len(self._rows())
        result = yield
        program = _program(item)
        for row in self._rows()[before:]:
            if row.verdict is Verdict.NOT_APPLICABLE:
                continue
            if row.verdict is Verdict.DEVIATES and program.caught_by != ANY:
                self._caught.add(program.name)
                self._cells.add(_plain(item))
            cell = row.cell.replace(f"-{program}", "", 1)
            finding = Finding(program.name, row.verdict, row.scenario, cell, row.seconds, row.reason)
            with self._found.open("a") as file:
                file.write(json.dumps(dataclasses.asdict(finding)) + "\n")
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """One deviation is enough; the control is asked where there was one."""
        program = _program(item)
        if program.name in self._caught:
            pytest.skip("it has been caught")
        if program.caught_by == ANY and _plain(item) not in self._cells:
            pytest.skip("nobody was caught here")

    @pytest.fixture
    def worlds(self, lab: Lab, program: Program) -> Callable[[Site], contextlib.AbstractContextManager[World]]:
        """Warm worlds of the reference's, with the program in its place as the site installs it."""

        @contextlib.contextmanager
        def exchanged(site: Site) -> Iterator[World]:
            content, mode = Path(program.path).read_bytes(), SWITCH_MODES[site.installation]
            with (
                lab.pool.lease(site) as world,
                altered(world.node, SWITCH, content, owner=OWNER, mode=f"{mode:04o}"),
            ):
                yield world

        return exchanged

    def _rows(self) -> list:
        return self._suite.results.rows if self._suite.results else []


def _program(item: pytest.Item) -> Program:
    assert isinstance(item, pytest.Function)
    return item.callspec.params["program"]


def _plain(item: pytest.Item) -> str:
    """The cell as the table names it, without the program."""
    return item.nodeid.removeprefix("scenarios/").replace(f"[{_program(item).name}-", "[", 1)


def _asked(item: pytest.Item) -> bool:
    caught_by = _program(item).caught_by
    return cell_of(item) is not None and ("[" not in caught_by or caught_by == _plain(item))
