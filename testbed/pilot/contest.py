"""Kinds of job beside each other: the same payloads through each, on worlds of the testbed's own."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from testbed.lab.farm import FarmNode, farm, gatekeepers, renamed
from testbed.lab.layout import WORKER_NODE
from testbed.lab.machine.phases import Say, phase
from testbed.lab.session import IMAGES, Lab, opened
from testbed.lab.wait import eventually
from testbed.lab.world import LeasedWorld
from testbed.model.problem import Problem
from testbed.pilot.client import Vo
from testbed.pilot.comparison import Figures, measured
from testbed.pilot.desk import READY
from testbed.pilot.kinds import LOG_ONLY_SITE, SETUID_SITE, Way
from testbed.pilot.workload import payloads
from testbed.site.load import example
from testbed.site.site import Site

SITES: Mapping[str, tuple[Way, ...]] = {"setuid-gridmap": SETUID_SITE, "logonly-gridmap": LOG_ONLY_SITE}
"""Which kinds are compared at which example site."""
ATTEMPTS = 3
"""How often a payload may be handed out: as `testbed queue submit` has it."""
MOST_PAYLOADS, MOST_NODES = 1000, 20

Circumstance = Callable[[LeasedWorld, Sequence[FarmNode]], contextlib.AbstractContextManager[None]]
"""What is wrong meanwhile."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Which kinds are compared, in which circumstances, with how much to do."""

    circumstances: Mapping[str, Circumstance]
    kinds: Sequence[str] = ()
    """The names of kinds, with their mode or for each of them without it; none: all."""
    payloads: int = 40
    nodes: int = 2

    def checked(self) -> "Contest":
        """The same; a `Problem` for what cannot be."""
        for what, found, most in (("payloads", self.payloads, MOST_PAYLOADS), ("nodes", self.nodes, MOST_NODES)):
            if not 0 < found <= most:
                raise Problem(f"the number of {what}", found=str(found), expected=f"1 to {most}")
        for kind in self.kinds:
            if not any(_is(way, kind) for ways in SITES.values() for way in ways):
                expected = ", ".join(way.name for ways in SITES.values() for way in ways)
                raise Problem("no such kind of job", found=kind, expected=expected)
        return self

    def held(self, say: Say) -> Mapping[str, Sequence[Figures]]:
        """The figures of each kind in each circumstance. Worlds are made for it, and gone afterwards."""
        found: dict[str, list[Figures]] = {name: [] for name in self.circumstances}
        chosen = {example(name): self._chosen(ways) for name, ways in SITES.items() if self._chosen(ways)}
        with opened(next(iter(chosen)).vos) as lab:
            for site, ways in chosen.items():
                for circumstance, figures in self._at(lab, site, ways, say):
                    found[circumstance].append(figures)
        return found

    def _chosen(self, ways: Sequence[Way]) -> list[Way]:
        return [way for way in ways if not self.kinds or any(_is(way, kind) for kind in self.kinds)]

    def _at(self, lab: Lab, site: Site, ways: Sequence[Way], say: Say) -> Iterator[tuple[str, Figures]]:
        with contextlib.ExitStack() as held:
            with phase("worker nodes", say) as going:
                world = held.enter_context(lab.pool.lease(site))
                nodes = held.enter_context(farm(world, lab.run, IMAGES[WORKER_NODE], self.nodes))
                held.enter_context(gatekeepers(world, nodes))
                proxy = lab.grid.read(lab.grid.bearer("pilot").file)
                vo = Vo(world.pilot.address, proxy=proxy, authorities=lab.grid.read("authority/ca.cert.pem"))
                if not eventually(lambda: vo.ready(limit=READY), within=READY):
                    raise Problem(
                        "the VO's side did not become ready", where=world.pilot.name, found=world.pilot.logs()
                    )
                going.detail = f"{self.nodes} of the site {site.name}, each with a gatekeeper"
            for circumstance, holds in self.circumstances.items():
                with holds(world, nodes):
                    for way in ways:
                        with phase(circumstance, say) as going:
                            slot = f"{circumstance}-{way.name}".replace(" ", "-")
                            workload = payloads(self.payloads, slot, attempts=ATTEMPTS)
                            anew = renamed(world, nodes)
                            figures = measured(vo, anew, site.pilot_accounts[0].name, way, slot, workload)
                            going.detail = f"{way.name}: {way.says}"
                        yield circumstance, figures


def _is(way: Way, kind: str) -> bool:
    """Whether a kind is called so: ``multi-user`` stands for each of its modes."""
    return kind in (way.name, way.name.removesuffix(f" {way.mode}"))
