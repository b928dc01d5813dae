"""Warm worlds: leased to one scenario at a time, reset in between, thrown away when they do not come back clean."""

import contextlib
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from testbed.credentials.grid import Grid
from testbed.lab import world
from testbed.lab.engine import Engine
from testbed.lab.run import Run
from testbed.lab.world import LeasedWorld
from testbed.model.problem import Problem
from testbed.site.site import Site


class Pool:
    """The worlds of one run, by site."""

    def __init__(self, engine: Engine, run: Run, grid: Grid, images: dict[str, str]) -> None:
        self._engine = engine
        self._run = run
        self._grid = grid
        self._images = images
        self._idle: dict[str, list[LeasedWorld]] = {}
        """By the digest of their site: more than one where they were leased at once, from several threads."""
        self.thrown: list[str] = []
        """Why worlds were thrown away, for the report."""
        self._refusals: dict[str, Problem] = {}

    @contextlib.contextmanager
    def lease(self, site: Site) -> Iterator[LeasedWorld]:
        """A clean world of a site, nobody else's until the block ends."""
        leased = self._warm(site) or self._start(site)
        try:
            yield leased
        except BaseException:
            leased.stop()
            raise
        self._take_back(leased)

    def _warm(self, site: Site) -> LeasedWorld | None:
        try:
            return self._idle[site.digest].pop()
        except (KeyError, IndexError):
            return None

    def _start(self, site: Site) -> LeasedWorld:
        """Start a world; of a site whose world did not become ready no other is tried, which would take as long."""
        if refusal := self._refusals.get(site.digest):
            raise refusal
        try:
            return world.start(self._engine, self._run, site, self._grid, self._images)
        except Problem as problem:
            self._refusals[site.digest] = problem
            raise

    def _take_back(self, leased: LeasedWorld) -> None:
        try:
            dirt = leased.reset()
        except BaseException as error:
            leased.stop()
            if not isinstance(error, Problem):
                raise
            dirt = [str(error)]
        if dirt:
            self.thrown.append(f"{leased.site.name}: {'; '.join(dirt)}")
            leased.stop()
        else:
            self._idle.setdefault(leased.site.digest, []).append(leased)

    def close(self) -> None:
        """Stop every world, all at once: each waits for its engine most of the time."""
        idle = list(itertools.chain.from_iterable(self._idle.values()))
        self._idle.clear()
        with ThreadPoolExecutor(max(len(idle), 1)) as stoppers:
            stops = [stoppers.submit(each.stop) for each in idle]
        for stop in stops:
            stop.result()
