"""From what pytest saw to rows, and from rows to the reports and the exit code."""

import dataclasses
import signal
from collections.abc import Generator

import pytest

from testbed.lab.engine import EngineGone
from testbed.lab.world import Containers
from testbed.model.effect import Effect, unlike
from testbed.model.outcome import Outcome
from testbed.model.problem import Problem
from testbed.model.row import Row, Verdict, exit_code
from testbed.plugin.item import cell_of
from testbed.plugin.row import row_of
from testbed.plugin.suite import NOTES, SUITE, Notes
from testbed.report import clients, comparison, exposure, requirements, terminal
from testbed.report.results import Unwritable


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the cell as soon as its scenario has ended, while its world still stands."""
    report = yield
    cell = cell_of(item)
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
            row = row_of(item, cell, notes, report, excepted)
            _heed_the_ledger(report, row)
            suite.add(row)
        elif report.failed and notes.judged and not suite.stopped:
            row = row_of(item, cell, notes, report, excepted)
            suite.add(dataclasses.replace(row, cell=f"{row.cell}-afterwards"))
    except Problem as problem:
        suite.stop(item.session, problem)
    if isinstance(excepted, EngineGone | Unwritable):
        suite.stop(item.session, excepted)
    return report


def _heed_the_ledger(report: pytest.TestReport, row: Row) -> None:
    """Have pytest count a known difference as an expected failure, and one that is gone as a failure."""
    if row.verdict is Verdict.KNOWN:
        report.outcome, report.wasxfail = "skipped", row.reason
    elif row.verdict is Verdict.CLOSED:
        report.outcome, report.longrepr = "failed", row.reason


def _gone(item: pytest.Item) -> Problem | None:
    """Why nothing can be judged: a worker node that went away in the middle is no deviation of anybody's."""
    world = item.funcargs.get("world") if isinstance(item, pytest.Function) else None
    if not isinstance(world, Containers) or world.node.alive:
        return None
    return Problem("the worker node went away", where=world.node.name, remedy="docker events, testbed doctor")


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Two outcomes that differ, as people read them, with what the pilot said and the payload's last words."""
    if op == "==" and isinstance(left, Effect | dict) and isinstance(right, Effect | dict):
        return unlike(left, right) if _of_effects(left) and _of_effects(right) else None
    if not (isinstance(left, Outcome) and isinstance(right, Outcome) and op == "=="):
        return None
    observed, documented = (right, left) if right.why and not left.why else (left, right)
    lines = ["the outcome is not the documented one", f"observed:   {observed}", f"documented: {documented}"]
    lines += [f"the pilot:  {observed.why}"] if observed.why else []
    return lines + [f"stderr:     {line}" for line in observed.err.splitlines()[-5:]]


def _of_effects(side: object) -> bool:
    return all(isinstance(each, Effect) for each in (side.values() if isinstance(side, dict) else (side,)))


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
        rows, width = suite.results.rows, terminal.width()
        parts = (
            terminal.render(rows, colour=colour, folder=str(suite.folder)),
            exposure.plain(rows, width),
            comparison.plain(rows, width),
            requirements.plain(rows, width),
            clients.plain(suite.results.replays, width),
        )
        for part in filter(None, parts):
            terminalreporter.write_line("")
            terminalreporter.write(part)
        if suite.results.conditions.held:
            terminalreporter.write_line(suite.results.conditions.held)
    if suite.stopped:
        terminalreporter.write_line(f"blocked: {suite.stopped}")
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        terminalreporter.write_line("nothing was run: no cell was chosen (testbed list says which there are)")
