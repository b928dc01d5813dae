"""The row of one scenario in one cell, from pytest's report of it."""

import re
import time

import pytest

from testbed.faults.fault import Unfelt
from testbed.model.cell import Cell
from testbed.model.row import Row, Verdict
from testbed.plugin.item import documentation, sentence
from testbed.plugin.suite import SUITE, Notes
from testbed.report.results import writing


def row_of(
    item: pytest.Item, cell: Cell, notes: Notes, report: pytest.TestReport, excepted: BaseException | None
) -> Row:
    verdict = _verdict(report, excepted)
    expectation = notes.expectation
    judged = verdict in (Verdict.CONFORMS, Verdict.DEVIATES)
    row = Row(
        scenario=item.nodeid.partition("[")[0],
        title=sentence(item),
        cell="-".join([cell.id, *_beside_the_cell(item)]),
        mode=cell.mode,
        verdict=verdict,
        expected=str(expectation.outcome or "") if expectation else documentation(item),
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


def _beside_the_cell(item: pytest.Item) -> list[str]:
    """The ids of what a scenario is parametrised with besides its cell."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) else {}
    return [
        re.sub(r"[^A-Za-z0-9.]+", "-", str(value)).strip("-") for name, value in parameters.items() if name != "cell"
    ]
