"""What can be asked of a run: its options, and which cells they leave."""

import json
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from testbed.lab.images import ROOT
from testbed.lab.switch import brought
from testbed.model.cell import Cell, of
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.plugin.item import cell_name, cell_of, scenario, sentence
from testbed.plugin.suite import SUITE, Suite
from testbed.site.choice import Choice
from testbed.site.ledger import SCENARIOS, check, read

KNOWN = ROOT / SCENARIOS / "known.toml"
"""The ledger of known differences."""
RESULTS = Path("results")
"""Where runs keep their results unless told otherwise: a folder each."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run of scenarios; `testbed run` has the same, but makes raids ahead wherever that helps."""
    group = parser.getgroup("testbed")
    group.addoption("--site", metavar="DIR", type=Path, help="run against this site instead of the shipped examples")
    group.addoption("--switch", metavar="PATH|IMAGE", help="hold this switch to the scenarios, not the reference")
    group.addoption("--switch-name", metavar="NAME", default="", help="what reports and the ledger call it")
    group.addoption("--demo", action="store_true", help="use the containers that docker compose has up")
    group.addoption("--mode", metavar="MODE", action="append", default=[], help="only cells of this mode (repeatable)")
    group.addoption("--cell", metavar="ID", action="append", default=[], help="only this cell (repeatable)")
    group.addoption("--known", metavar="FILE", type=Path, default=KNOWN, help="the ledger of known differences")
    group.addoption("--list-cells", choices=["text", "json"], help="say which cells there are, and run none")
    group.addoption("--raids-ahead", action="store_true", help="make raids beside the scenarios, on another processor")
    group.addoption("--results", metavar="DIR", type=Path, help="the folder for this run's results")


def pytest_configure(config: pytest.Config) -> None:
    """Look at what was asked before anything is started: a mistake in it is the first thing to be said."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # `testbed run` holds it back until we can take it
    folder = config.getoption("--results") or RESULTS / time.strftime("%Y%m%d-%H%M%S")
    site = config.getoption("--site")
    try:
        for mode in config.getoption("--mode"):
            of("mode", mode)
        for ident in config.getoption("--cell"):
            Cell.parse(ident)
        choice = Choice.of_folder(site) if site else Choice.of_examples()
        if switch := brought(config.getoption("--switch"), config.getoption("--switch-name")):
            choice = choice.held_to(switch)
            if config.getoption("--demo"):
                raise Problem("the demo has its own switch", found="--demo --switch", remedy="leave out --demo")
        ledger = read(config.getoption("--known"))
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from None
    config.addinivalue_line("markers", "capabilities(*names): the scenario's worker node has these, see docs/site.md")
    config.addinivalue_line("markers", "shows(*names): requirements of the policy that the scenario shows, see docs")
    config.stash[SUITE] = Suite(choice, folder.absolute(), ledger)


def _interrupt(number: int, frame: object) -> None:
    """Ctrl-C ends the run. Another one must not cut the clearing up short, which takes seconds."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Hold the ledger to the scenarios that there are, then leave out the cells that were not asked for.

    In the demo what waits for machines to boot comes last.
    """
    found: dict[str, list[str]] = {}
    for item in items:
        if cell := cell_of(item):
            found.setdefault(scenario(item).removeprefix(f"{SCENARIOS}/"), []).append(cell_name(item, cell))
    try:
        check(config.stash[SUITE].ledger, ROOT, found, whole=not any("::" in word for word in config.args))
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from None
    modes, idents = config.getoption("--mode"), config.getoption("--cell")
    chosen = [item for item in items if _asked_for(cell_of(item), modes, idents)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = sorted(chosen, key=_boots) if config.getoption("--demo") else chosen


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """With ``--list-cells``: say what would run, and run nothing."""
    form = session.config.getoption("--list-cells")
    if not form:
        return None
    listed = [(cell.id, sentence(item), item.nodeid) for item in session.items if (cell := cell_of(item))]
    if form == "json":
        print(json.dumps([dict(zip(("cell", "title", "scenario"), line, strict=True)) for line in listed], indent=2))
    else:
        print(*(f"{cell:<44} {title}" for cell, title, _ in listed), sep="\n")
    return True


def _boots(item: pytest.Item) -> bool:
    cell = cell_of(item)
    return cell is not None and cell.mode is Mode.VM and "raid" in getattr(item, "fixturenames", ())


def _asked_for(cell: Cell | None, modes: Sequence[str], idents: Sequence[str]) -> bool:
    if cell is None:
        return not (modes or idents)
    return (not modes or cell.mode in modes) and (not idents or cell.id in idents)
