"""What one run of pytest keeps, and what it has learnt of one cell so far."""

import math
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from testbed.lab import namespaces
from testbed.lab.conditions import conditions
from testbed.lab.engine import Engine
from testbed.lab.world import World
from testbed.model.bound import Bound
from testbed.model.kernel import Kernel
from testbed.model.oracle import Expectation
from testbed.model.outcome import Outcome
from testbed.model.problem import Problem
from testbed.model.replay import Replay
from testbed.model.row import Row
from testbed.pilot.raid import Raid
from testbed.report.results import Results
from testbed.site.choice import Choice
from testbed.site.ledger import Ledger
from testbed.site.site import Site
from testbed.site.switch import REFERENCE


@dataclass(slots=True)
class Notes:
    """What one scenario in one cell has learnt so far, for its row."""

    expectation: Expectation | None = None
    outcome: Outcome | None = None
    evidence: str = ""
    observed: str = ""
    """What the scenario itself says that it saw, where there is no outcome."""
    figures: dict[str, float] = field(default_factory=dict)
    """What it has measured."""
    judged: bool = False
    patience: float | None = None
    """Seconds that the modules wait for a service here; ``None``: as the site says."""
    took: float | None = None
    """Seconds of the pilot that came nearest to its bound."""
    bound: float = math.inf
    began: float = field(default_factory=time.monotonic)

    def timed(self, seconds: float, bound: Bound) -> None:
        """Note how long a pilot took, and that it was not too long."""
        if self.took is None or seconds / bound.seconds > self.took / self.bound:
            self.took, self.bound = round(seconds, 3), bound.seconds
        assert seconds <= bound.seconds, f"a pilot took {seconds:.1f} s, and may take {bound.seconds:g} s"


@dataclass(slots=True)
class Suite:
    """What one run of pytest keeps: its sites, its results, and the raids that several cells look at."""

    choice: Choice
    folder: Path
    ledger: Ledger = field(default_factory=Ledger)
    results: Results | None = None
    stopped: Problem | None = None
    """What ended the run before its time, and is nobody's cell."""
    uncontained: dict[str, str] = field(default_factory=dict)
    """Of each site whose nodes were asked, by its digest: why no account has containers there; empty where all have."""
    kernels: dict[str, Kernel] = field(default_factory=dict)
    """By the digest of the site whose worker node has it."""
    raids: dict[Any, Future[Raid]] = field(default_factory=dict)
    """By what they are made for, see `testbed.plugin.raids.Where`."""

    @property
    def switch(self) -> str:
        """What the ledger calls the switch of this run."""
        return self.choice.switch.name if self.choice.switch else REFERENCE

    def why_uncontained(self, world: World) -> str:
        """Why no account of a world's worker node has a container; empty where all have. Tried once for each site."""
        site = world.site
        if site.digest not in self.uncontained:
            self.uncontained[site.digest] = namespaces.why_not(world.node, site.pilot_accounts[0].name, world.unshown)
        return self.uncontained[site.digest]

    def add(self, row: Row) -> None:
        """Write a row; the first thing that is written makes the results folder."""
        self._opened().add(row)

    def keep(self, replays: Iterable[Replay]) -> None:
        """Write what became of payloads in the hands of clients."""
        self._opened().keep(replays)

    def _opened(self) -> Results:
        if self.results is None:
            self.results = Results.create(self.folder, conditions(self.choice, _engine_version()))
        return self.results

    def stop(self, session: pytest.Session, problem: Problem) -> None:
        """End the run: what is in the way of this cell is in the way of every other."""
        self.stopped = self.stopped or problem
        session.shouldstop = problem.what


Worlds = Callable[[Site], AbstractContextManager[World]]
"""Gives a world of a site, and takes it back."""

NOTES = pytest.StashKey[Notes]()
SUITE = pytest.StashKey[Suite]()


def _engine_version() -> str:
    try:
        return f"Docker {Engine().version}"
    except Problem:
        return "none answers"
