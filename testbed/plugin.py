"""The testbed in pytest: the `matrix` of a scenario, its few fixtures, and a row for every cell that ran."""

import dataclasses
import functools
import hashlib
import json
import re
import signal
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest

from testbed.faults.catalogue import FAULTS
from testbed.faults.fault import Unfelt, broken
from testbed.lab import demo
from testbed.lab.conditions import conditions
from testbed.lab.engine import Engine, EngineGone
from testbed.lab.facts import Facts
from testbed.lab.facts import facts as facts_of
from testbed.lab.record import Record
from testbed.lab.record import records as read_records
from testbed.lab.session import Lab, opened
from testbed.lab.world import Containers, World
from testbed.model.cell import Cell, Fault, cells, of
from testbed.model.mode import Mode
from testbed.model.oracle import Expectation, expected
from testbed.model.outcome import Outcome
from testbed.model.problem import Problem
from testbed.model.row import Row, Verdict, exit_code
from testbed.pilot.caller import Caller
from testbed.pilot.desk import Desk
from testbed.pilot.meeting import Meeting, meet
from testbed.report import terminal
from testbed.report.results import Results, Unwritable, writing
from testbed.site.choice import Choice
from testbed.site.site import Site

RESULTS = Path("results")
"""Where runs keep their results unless told otherwise: a folder each."""


def matrix(**axes: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a scenario in every cell of the declaration: words of an axis separated by blanks, axes multiplied.

    >>> @matrix(mode="setuid log-only vm", user="alice bob")
    ... def test_the_payload_runs_as_who_the_oracle_says(pilot, expect):
    ...     assert pilot.run("id -un") == expect
    """
    try:
        parameters = [pytest.param(cell, id=cell.id) for cell in cells(**axes)]
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from None
    return pytest.mark.parametrize("cell", parameters)


@dataclass(slots=True)
class Notes:
    """What one scenario in one cell has learnt so far, for its row."""

    expectation: Expectation | None = None
    outcome: Outcome | None = None
    evidence: str = ""
    judged: bool = False
    began: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Suite:
    """What one run of pytest keeps: its sites, its results, and the meetings that several cells look at."""

    choice: Choice
    folder: Path
    results: Results | None = None
    stopped: Problem | None = None
    """What ended the run before its time, and is nobody's cell."""
    meetings: dict[Mode, Future[Meeting]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Write a row; the first one makes the results folder."""
        if self.results is None:
            self.results = Results.create(self.folder, conditions(self.choice, _engine_version()))
        self.results.add(row)

    def stop(self, session: pytest.Session, problem: Problem) -> None:
        """End the run: what is in the way of this cell is in the way of every other."""
        self.stopped = self.stopped or problem
        session.shouldstop = problem.what


Worlds = Callable[[Site], AbstractContextManager[World]]
"""Gives a world of a site, and takes it back."""

NOTES = pytest.StashKey[Notes]()
SUITE = pytest.StashKey[Suite]()


# --- asking for a run -------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run of scenarios; `testbed run` has the same."""
    group = parser.getgroup("testbed")
    group.addoption("--site", metavar="DIR", type=Path, help="run against this site instead of the shipped examples")
    group.addoption("--demo", action="store_true", help="use the containers that docker compose has up")
    group.addoption("--mode", metavar="MODE", action="append", default=[], help="only cells of this mode (repeatable)")
    group.addoption("--cell", metavar="ID", action="append", default=[], help="only this cell (repeatable)")
    group.addoption("--list-cells", choices=["text", "json"], help="say which cells there are, and run none")
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
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from None
    config.stash[SUITE] = Suite(choice, folder.absolute())


def _interrupt(number: int, frame: object) -> None:
    """Ctrl-C ends the run. Another one must not cut the clearing up short, which takes seconds."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cells that were not asked for."""
    modes, idents = config.getoption("--mode"), config.getoption("--cell")
    chosen = [item for item in items if _asked_for(_cell(item), modes, idents)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """With ``--list-cells``: say what would run, and run nothing."""
    form = session.config.getoption("--list-cells")
    if not form:
        return None
    listed = [(cell.id, _sentence(item), item.nodeid) for item in session.items if (cell := _cell(item))]
    if form == "json":
        print(json.dumps([dict(zip(("cell", "title", "scenario"), line, strict=True)) for line in listed], indent=2))
    else:
        print(*(f"{cell:<44} {title}" for cell, title, _ in listed), sep="\n")
    return True


def _asked_for(cell: Cell | None, modes: Sequence[str], idents: Sequence[str]) -> bool:
    if cell is None:
        return not (modes or idents)
    return (not modes or cell.mode in modes) and (not idents or cell.id in idents)


# --- what scenarios ask for -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Suite:
    """The sites of this run and its results."""
    return request.config.stash[SUITE]


@pytest.fixture(scope="session")
def lab(suite: Suite) -> Iterator[Lab]:
    """The open lab: opened by the first scenario that needs a world, closed after the last."""
    with opened(suite.choice.vos) as lab:
        yield lab


@pytest.fixture
def notes(request: pytest.FixtureRequest) -> Notes:
    """What goes into this cell's row."""
    stash: pytest.Stash = request.node.stash
    return stash.setdefault(NOTES, Notes())


@pytest.fixture
def site(suite: Suite, cell: Cell) -> Site:
    """The site whose worker node this cell needs. Where the site does not offer the mode, the cell does not apply."""
    site, why_not = suite.choice.site_for(cell.mode)
    if site is None:
        pytest.skip(why_not)
    return site


@pytest.fixture
def expectation(suite: Suite, cell: Cell, site: Site, notes: Notes) -> Expectation:
    """What the oracle says of this cell at this site; a cell without meaning does not apply."""
    notes.expectation = expected(cell, suite.choice.pool_for(site, cell.user), site.answers.on_internal_error)
    if notes.expectation.outcome is None:
        pytest.skip(notes.expectation.meaningless)
    return notes.expectation


@pytest.fixture
def expect(expectation: Expectation) -> Outcome:
    """The outcome that is documented for this cell."""
    assert expectation.outcome is not None
    return expectation.outcome


@pytest.fixture
def worlds(request: pytest.FixtureRequest) -> Worlds:
    """Where worlds come from: the warm ones of the lab, or the demo's containers."""
    if request.config.getoption("--demo"):
        return demo.attached
    lab: Lab = request.getfixturevalue("lab")
    return lab.pool.lease


@pytest.fixture
def world(
    request: pytest.FixtureRequest, suite: Suite, site: Site, expectation: Expectation, worlds: Worlds, notes: Notes
) -> Iterator[World]:
    """A clean world of the cell's site. Its evidence is kept before it is reset or thrown away."""
    with worlds(site) as world:
        notes.evidence = _evidence_folder(request.node)
        yield world
        world.evidence(suite.folder / notes.evidence)


@pytest.fixture
def broken_world(world: World, cell: Cell) -> Iterator[World]:
    """The world with the cell's fault in it: injected, felt, and afterwards healed."""
    if cell.fault is Fault.NONE:
        yield world
        return
    with broken(cell.fault, FAULTS[cell.fault], world.node):
        yield world


@pytest.fixture
def pilot(broken_world: World, cell: Cell, notes: Notes) -> Iterator[Desk]:
    """The VO's desk: hands payloads to pilots on this cell's worker node and says what became of them."""
    with Desk.opened(broken_world, cell, witness=functools.partial(setattr, notes, "outcome")) as desk:
        yield desk


@pytest.fixture
def meeting(
    request: pytest.FixtureRequest, suite: Suite, cell: Cell, expectation: Expectation, worlds: Worlds, notes: Notes
) -> Meeting:
    """What Alice's payload could reach while Bob's ran beside it: tried once for each mode.

    The demo's nodes are not reset in between, so there all modes may meet at once.
    """
    if cell.mode not in suite.meetings:
        at_once = request.config.getoption("--demo")
        for mode in Mode if at_once else [cell.mode]:
            suite.meetings[mode] = _promised(functools.partial(_meet, suite, worlds, mode), aside=at_once)
    notes.evidence = _meeting_place(cell.mode)
    meeting = suite.meetings[cell.mode].result()
    notes.outcome = meeting.outcome(cell.attack) if cell.attack else meeting.ran
    return meeting


def _promised(meet: Callable[[], Meeting], *, aside: bool) -> Future[Meeting]:
    """What comes of a meeting. One held ``aside`` does not keep an interrupted run from ending."""
    promise: Future[Meeting] = Future()

    def keep() -> None:
        try:
            promise.set_result(meet())
        except Exception as error:  # it is the caller's who asks for the result
            promise.set_exception(error)

    if aside:
        Thread(target=keep, daemon=True).start()
    else:
        keep()
    return promise


def _meet(suite: Suite, worlds: Worlds, mode: Mode) -> Meeting:
    site, why_not = suite.choice.site_for(mode)
    if site is None:
        raise Problem(f"no site of this run offers the mode {mode}", cause=why_not)
    with worlds(site) as world, Desk.opened(world, Cell(mode), witness=lambda outcome: None) as desk:
        try:
            return meet(desk)
        finally:
            world.evidence(suite.folder / _meeting_place(mode))


def _meeting_place(mode: Mode) -> str:
    return f"evidence/meeting-{mode}"


@pytest.fixture
def switch(world: World, notes: Notes) -> Caller:
    """The switch, called by hand from the pilot's account. What is documented of a call stands in the scenario."""
    notes.expectation = None
    return Caller(world.node, world.site, world.grid)


@pytest.fixture
def proxies(world: World) -> dict[str, str]:
    """The SHA-256 of everybody's proxy, by the name of its bearer."""
    grid = world.grid
    return {bearer.name: hashlib.sha256(grid.read(bearer.file)).hexdigest() for bearer in grid.bearers}


@pytest.fixture
def facts(world: World, notes: Notes) -> Facts:
    """The worker node as testinfra sees it: files, users, processes."""
    notes.expectation = None
    return facts_of(world.node)


@pytest.fixture
def records(world: World) -> Callable[[], list[Record]]:
    """The runs that the site's own log tells of, when asked."""
    return functools.partial(read_records, world.node)


# --- rows -------------------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the cell as soon as its scenario has ended, while its world still stands."""
    report = yield
    cell = _cell(item)
    if cell is None:
        return report
    notes = item.stash.setdefault(NOTES, Notes())
    suite = item.config.stash[SUITE]
    excepted = call.excinfo.value if call.excinfo else None
    if isinstance(excepted, AssertionError) and (gone := _gone(item)):
        excepted = gone
    if isinstance(excepted, Problem):
        report.longrepr = str(excepted)
    try:
        if report.when == "call" or (report.when == "setup" and not report.passed):
            notes.judged = True
            suite.add(_row(item, cell, notes, report, excepted))
        elif report.failed and notes.judged and not suite.stopped:
            row = _row(item, cell, notes, report, excepted)
            suite.add(dataclasses.replace(row, cell=f"{row.cell}-afterwards"))
    except Problem as problem:
        suite.stop(item.session, problem)
    if isinstance(excepted, EngineGone | Unwritable):
        suite.stop(item.session, excepted)
    return report


def _gone(item: pytest.Item) -> Problem | None:
    """Why nothing can be judged: a worker node that went away in the middle is no deviation of anybody's."""
    world = item.funcargs.get("world") if isinstance(item, pytest.Function) else None
    if not isinstance(world, Containers) or world.node.alive:
        return None
    return Problem("the worker node went away", where=world.node.name, remedy="docker events, testbed doctor")


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Two outcomes that differ, as people read them, with what the pilot said and the payload's last words."""
    if not (isinstance(left, Outcome) and isinstance(right, Outcome) and op == "=="):
        return None
    observed, documented = (right, left) if right.why and not left.why else (left, right)
    lines = ["the outcome is not the documented one", f"observed:   {observed}", f"documented: {documented}"]
    lines += [f"the pilot:  {observed.why}"] if observed.why else []
    return lines + [f"stderr:     {line}" for line in observed.err.splitlines()[-5:]]


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Close what an interrupted run has open, then write the reports. A blocked cell makes the run blocked: code 2."""
    suite = session.config.stash[SUITE]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        try:
            yield
        finally:
            if suite.results is not None:
                suite.results.finish()
    except* Problem as problems:
        suite.stop(session, _first(problems))
    blocked = suite.stopped or (suite.results is not None and exit_code(suite.results.rows) == 2)
    if blocked and session.exitstatus in (0, 1):
        session.exitstatus = 2


def _first(problems: ExceptionGroup[Problem]) -> Problem:
    first: Problem | ExceptionGroup[Problem] = problems
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """The matrix, after everything else, and what ended the run if something did."""
    suite = config.stash[SUITE]
    if suite.results is not None:
        colour = terminal.wants_colour(terminalreporter._tw._file)
        terminalreporter.write_line("")
        terminalreporter.write(terminal.render(suite.results.rows, colour=colour, folder=str(suite.folder)))
        terminalreporter.write_line("")
    if suite.stopped:
        terminalreporter.write_line(f"blocked: {suite.stopped}")
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        terminalreporter.write_line("nothing was run: no cell was chosen (testbed list says which there are)")


def _row(item: pytest.Item, cell: Cell, notes: Notes, report: pytest.TestReport, excepted: BaseException | None) -> Row:
    verdict = _verdict(report, excepted)
    expectation = notes.expectation
    judged = verdict in (Verdict.CONFORMS, Verdict.DEVIATES)
    row = Row(
        scenario=item.nodeid.partition("[")[0],
        title=_sentence(item),
        cell="-".join([cell.id, *_beside_the_cell(item)]),
        mode=cell.mode,
        verdict=verdict,
        expected=str(expectation.outcome or "") if expectation else _documentation(item),
        observed=str(notes.outcome or ("as documented" if verdict is Verdict.CONFORMS else "")),
        protects=notes.outcome.protects if notes.outcome and judged else None,
        reason="" if verdict is Verdict.CONFORMS else _reason(report, excepted),
        rule=f"{expectation.rule.name} [{expectation.rule.source}]" if expectation else "",
        seconds=round(time.monotonic() - notes.began, 3),
        evidence=notes.evidence,
    )
    if row.evidence:
        folder = item.config.stash[SUITE].folder / row.evidence
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"row-{row.cell}.json").write_text(row.json() + "\n")
    return row


def _engine_version() -> str:
    try:
        return f"Docker {Engine().version}"
    except Problem:
        return "none answers"


def _verdict(report: pytest.TestReport, excepted: BaseException | None) -> Verdict:
    if report.passed:
        return Verdict.CONFORMS
    if report.skipped:
        return Verdict.NOT_APPLICABLE
    if isinstance(excepted, Unfelt):
        return Verdict.UNSURE
    return Verdict.DEVIATES if report.when == "call" and isinstance(excepted, AssertionError) else Verdict.BLOCKED


def _reason(report: pytest.TestReport, excepted: BaseException | None) -> str:
    if isinstance(report.longrepr, tuple):  # a skip: file, line, reason
        return report.longrepr[2].removeprefix("Skipped: ")
    return str(excepted) or type(excepted).__name__


def _cell(item: pytest.Item) -> Cell | None:
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    cell = parameters.get("cell")
    return cell if isinstance(cell, Cell) else None


def _beside_the_cell(item: pytest.Item) -> list[str]:
    """The ids of what a scenario is parametrised with besides its cell."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) else {}
    return [
        re.sub(r"[^A-Za-z0-9.]+", "-", str(value)).strip("-") for name, value in parameters.items() if name != "cell"
    ]


def _sentence(item: pytest.Item) -> str:
    """The scenario's name as the sentence that it is."""
    words = item.name.partition("[")[0].removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:]


def _documentation(item: pytest.Item) -> str:
    """The first paragraph of the scenario's docstring: what is documented, and where."""
    text = (item.function.__doc__ or "") if isinstance(item, pytest.Function) else ""
    return " ".join(text.strip().split("\n\n")[0].split())


def _evidence_folder(item: pytest.Item) -> str:
    """Its own for each scenario and cell: ``evidence/failure/internal-error/a-missing-...-setuid-gridmap``."""
    scenario = Path(item.nodeid.partition("::")[0]).with_suffix("")
    parts = (scenario.parent.name, scenario.name, item.name)
    names = (re.sub(r"[^A-Za-z0-9.]+", "-", part.removeprefix("test_")).strip("-") for part in parts)
    return str(Path("evidence", *names))
