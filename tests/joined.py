"""Joins the results of runs that shared the scenarios: one folder, one matrix, one summary of everything."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from testbed.report import clients, requirements, terminal
from testbed.report.results import ROWS, Results


def join(first: Path, beside: Sequence[Path]) -> Iterator[str]:
    """Take the other runs' rows over into the first one's folder, with their evidence where it is; the tables of all.

    Where only one has run scenarios there is nothing to join, and nothing to say.
    """
    others = [folder for folder in beside if (folder / ROWS).exists()]
    if not others or not (first / ROWS).exists():
        return
    results = Results.read(first)
    for folder in others:
        read = Results.read(folder)
        for row in read.rows:
            evidence = f"../{folder.name}/{row.evidence}" if row.evidence else ""
            results.add(dataclasses.replace(row, evidence=evidence))
        results.keep(read.replays)
    results.finish()
    yield f"all runs together, {first}:"
    yield terminal.render(results.rows, folder=str(first))
    yield requirements.plain(results.rows, terminal.WIDTH)
    yield clients.plain(results.replays, terminal.WIDTH)
