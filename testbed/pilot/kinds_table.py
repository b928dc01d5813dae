"""The figures of kinds of job, as a table for people."""

import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence

from testbed.pilot.comparison import Figures
from testbed.pilot.comparison import as_json as figures_as_json
from testbed.pilot.contest import Contest
from testbed.pilot.kinds import SLOTS
from testbed.pilot.workload import USERS

COLUMNS = ("ran", "lost", "again", "wait", "p95", "first", "turn", "idle", "each", "whole", "sent", "calls", "seen")
WIDTH = 7


def shown(found: Mapping[str, Sequence[Figures]], contest: Contest, *, as_json: bool) -> Iterator[str]:
    """All that was measured, for people or for programs."""
    if as_json:
        conditions = {"cores": os.cpu_count(), "kernel": platform.release(), "nodes": contest.nodes, "slots": SLOTS}
        data = {name: [figures_as_json(one) for one in figures] for name, figures in found.items()}
        yield json.dumps({"conditions": conditions, **data}, indent=1)
        return
    slots = f"{contest.nodes} worker nodes with {SLOTS} slots"
    yield f"\n{contest.payloads} payloads of {len(USERS)} users, 0.1 to 0.5 s each, through {slots}"
    for circumstance, figures in found.items():
        yield from table(circumstance, figures)
    yield LEGEND


def table(circumstance: str, figures: Iterable[Figures]) -> Iterator[str]:
    """The lines to be printed. Times are in seconds."""
    yield f"\n{circumstance}"
    yield f"{'kind of job':<20}" + "".join(f"{name:>{WIDTH}}" for name in COLUMNS)
    for one in figures:
        times = (one.wait, one.wait_p95, one.first, one.turn, one.idle, one.idle_each, one.whole)
        words = (one.ran, one.lost, one.absorbed, *(f"{time:.2f}" for time in times), one.pilots, one.switch_calls)
        yield f"{one.way:<20}" + "".join(f"{word:>{WIDTH}}" for word in (*words, one.beside))


LEGEND = """
ran, lost: payloads; again: those that ran after they had been returned; wait, p95: from submission to the first word;
first: the same of the first payload in each slot; turn: from the end of a payload until the next in its slot;
idle: slot seconds without a payload, each: for one that ran; sent: pilots or jobs; calls: of the switch;
seen: the most other users into whose payloads one could look"""
