"""Joins the results of two runs that shared the scenarios: one folder, one matrix, one summary of everything."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from testbed.report import clients, requirements, terminal
from testbed.report.results import ROWS, Results


def join(first: Path, second: Path) -> Iterator[str]:
    """Take the second run's rows over into the first one's folder, with their evidence where it is; the tables of both.

    Where only one has run scenarios there is nothing to join, and nothing to say.
    """
    if not all((folder / ROWS).exists() for folder in (first, second)):
        return
    results, others = Results.read(first), Results.read(second)
    for row in others.rows:
        evidence = f"../{second.name}/{row.evidence}" if row.evidence else ""
        results.add(dataclasses.replace(row, evidence=evidence))
    results.keep(others.replays)
    results.finish()
    yield f"both runs together, {first}:"
    yield terminal.render(results.rows, folder=str(first))
    yield requirements.plain(results.rows, terminal.WIDTH)
    yield clients.plain(results.replays, terminal.WIDTH)
