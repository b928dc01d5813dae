"""How the nodes of fleets stand: which are in doubt, how many pilots each may have, and where nobody fits for now."""

import math
import random
import time
from collections.abc import Callable

from testbed.pilot.fleet_book import FleetBook
from testbed.pilot.health import Failure, Health, Standing
from testbed.pilot.plan import Plan
from testbed.pilot.roster import Out

REST = 5.0
"""Seconds without another pilot for a node where one found nothing to take while something waited: what waits does not
fit there, and would not fit the next one. Also for one that takes none, where a fleet does not back off."""


class FleetNodes:
    """Every node of every fleet, by its name."""

    def __init__(
        self,
        book: FleetBook,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._book = book
        self._clock = clock
        self._chance = chance
        self._healths = book.healths()
        self._rests: dict[tuple[str, str], float] = {}

    def standing(self, plan: Plan, node: str) -> Standing:
        """How a node stands to a fleet; to one that does not back off it is well."""
        return self._health(node).standing(self._clock(), plan.caution) if plan.caution else Standing.WELL

    def pause(self, node: str) -> float:
        """Seconds until a drained node is tried again."""
        return max(0.0, self._health(node).until - self._clock())

    def why(self, node: str) -> str:
        """What speaks against a node, in words."""
        return self._health(node).why()

    def wanted(self, plan: Plan, node: str) -> int:
        """How many pilots a node should have now."""
        if self._clock() < self._rests.get((plan.name, node), 0.0):
            return 0
        return math.ceil(self.room(plan, node) / plan.slots)

    def room(self, plan: Plan, node: str) -> int:
        """How many payloads a node may have now."""
        if plan.caution is None:
            return plan.most
        return self._health(node).room(plan.most, self._clock(), plan.caution)

    def rest(self, out: Out) -> None:
        """Nobody else is sent there for a while."""
        self._rests[out.plan.name, out.node] = self._clock() + REST

    def succeeded(self, out: Out) -> None:
        """A payload has started there."""
        if out.node in self._healths:
            del self._healths[out.node]
            self._book.note(out.node, Health())

    def failed(self, out: Out, user: str, why: str) -> None:
        """A payload of somebody's has not."""
        if out.plan.caution is None:
            if not out.had:  # it is tried again, but not as fast as a node can refuse
                self.rest(out)
            return
        failure = Failure(self._clock(), user, why)
        self._healths[out.node] = self._health(out.node).failed(failure, out.plan.caution, self._chance())
        self._book.note(out.node, self._healths[out.node])

    def _health(self, node: str) -> Health:
        return self._healths.get(node, Health())
