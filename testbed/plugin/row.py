"""The row of one scenario in one cell, from pytest's report of it."""

import time
import traceback
from pathlib import Path

import pytest

from testbed.faults.fault import Unfelt
from testbed.model.cell import Cell
from testbed.model.oracle import Expectation
from testbed.model.row import Row, Verdict
from testbed.plugin.item import cell_name, documentation, scenario, sentence, shown
from testbed.plugin.suite import SUITE, Notes
from testbed.report.results import writing


def row_of(
    item: pytest.Item, cell: Cell, notes: Notes, report: pytest.TestReport, excepted: BaseException | None
) -> Row:
    verdict = _verdict(item, report, excepted)
    expectation = notes.expectation
    judged = verdict in (Verdict.CONFORMS, Verdict.DEVIATES)
    suite = item.config.stash[SUITE]
    row = Row(
        scenario=scenario(item),
        title=sentence(item),
        cell=cell_name(item, cell),
        mode=cell.mode,
        verdict=verdict,
        expected=str(expectation.outcome or "") if expectation else documentation(item),
        observed=str(notes.outcome or notes.observed or ("as documented" if verdict is Verdict.CONFORMS else "")),
        protects=notes.outcome.protects if notes.outcome and judged else None,
        reason="" if verdict is Verdict.CONFORMS else _reason(report, excepted),
        rule=_rule(expectation) if expectation else "",
        seconds=round(time.monotonic() - notes.began, 3),
        took=notes.took,
        bound=None if notes.took is None else notes.bound,
        evidence=notes.evidence,
        shows=shown(item),
        figures=dict(notes.figures),
        saw=notes.outcome.out if notes.outcome and notes.outcome.attack else "",
    )
    row = suite.ledger.judged(suite.switch, row)
    if row.evidence:
        folder = suite.folder / row.evidence
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"row-{row.cell}.json").write_text(row.json() + "\n")
    return row


def _rule(expectation: Expectation) -> str:
    anyway = f"; the site has {', '.join(expectation.stopped_by)} in force" if expectation.stopped_by else ""
    return f"{expectation.rule.name} [{expectation.rule.source}]{anyway}"


def _verdict(item: pytest.Item, report: pytest.TestReport, excepted: BaseException | None) -> Verdict:
    if report.passed:
        return Verdict.CONFORMS
    if report.skipped:
        return Verdict.NOT_APPLICABLE
    if isinstance(excepted, Unfelt):
        return Verdict.UNSURE
    return Verdict.DEVIATES if report.when == "call" and _is_about_the_cell(item, excepted) else Verdict.BLOCKED


def _is_about_the_cell(item: pytest.Item, excepted: BaseException | None) -> bool:
    """Whether it is the scenario that is not content: an assertion, or ``[record] = records()`` where there is none."""
    if not isinstance(excepted, ValueError | IndexError):
        return isinstance(excepted, AssertionError)
    frames = traceback.extract_tb(excepted.__traceback__)
    return bool(frames) and Path(frames[-1].filename) == item.path


def _reason(report: pytest.TestReport, excepted: BaseException | None) -> str:
    if isinstance(report.longrepr, tuple):  # a skip: file, line, reason
        return report.longrepr[2].removeprefix("Skipped: ")
    return str(excepted) or type(excepted).__name__
