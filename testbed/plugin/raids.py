"""Raids: the attacks of one stage, tried once for each mode, authority and counter-measure."""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from testbed.lab import demo
from testbed.lab.world import World
from testbed.model.attack import Stage, Threat
from testbed.model.catalogue import CATALOGUE
from testbed.model.cell import Authority, Cell
from testbed.model.kernel import Kernel
from testbed.model.measure import Measure
from testbed.model.mode import Mode
from testbed.model.outcome import Attempt
from testbed.model.problem import Problem
from testbed.pilot.desk import Desk
from testbed.pilot.measures import taken
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid
from testbed.pilot.staging import STAGES
from testbed.plugin.suite import Suite, Worlds
from testbed.report.results import writing
from testbed.site.measured import loaded, measured


@dataclass(frozen=True, slots=True)
class Where:
    """What a raid is made for."""

    mode: Mode
    authority: Authority
    stage: Stage = Stage.BESIDE
    measure: Measure | None = None

    @classmethod
    def of(cls, cell: Cell) -> "Where":
        """That of a cell; without an attack it is the first stage's."""
        stage = CATALOGUE[cell.attack].stage if cell.attack else Stage.BESIDE
        return cls(cell.mode, cell.authority, stage, cell.measure)

    @property
    def evidence(self) -> str:
        """Where the evidence of it lies in the results."""
        authority = "" if self.authority is Authority.GRIDMAP else self.authority
        return "evidence/" + "-".join(filter(None, ("raid", self.stage, self.mode, authority, self.measure)))


def raid(suite: Suite, worlds: Worlds, where: Where) -> Raid:
    """The raid for this: made now unless it has been, awaited where another thread makes it."""
    mine = Future[Raid]()
    promise = suite.raids.setdefault(where, mine)
    if promise is mine:
        _keep(mine, suite, worlds, where)
    return promise.result()


def raid_beside(suite: Suite, worlds: Worlds, wheres: Iterable[Where]) -> None:
    """Make these raids one after the other, while the run goes on. They do not keep it from ending."""
    promises = {where: Future[Raid]() for where in wheres if where not in suite.raids}
    suite.raids |= promises

    def in_turn() -> None:
        for where, promise in promises.items():
            _keep(promise, suite, worlds, where)

    Thread(target=in_turn, daemon=True).start()


def unproved(suite: Suite, worlds: Worlds, cell: Cell) -> str:
    """Why nothing follows from this cell: its probe does not succeed here even where nothing hinders it.

    Of a counter-measure nothing follows either where the attack does not succeed in the same mode without it; of a
    container or machine where it does not succeed in one with its victim in there as well, if that can be.
    """
    if cell.attack is None:
        return ""
    for where, words in proofs(cell, CATALOGUE[cell.attack]):
        if where == Where.of(cell) or suite.choice.site_for(where.mode, cell.authority)[0] is None:
            continue  # a site that has not this mode: what its cells come to says enough
        proof = raid(suite, worlds, where)
        attempt, saw = proof.attempts.get(cell.attack, (None, proof.untried.get(cell.attack, "it was not tried")))
        if attempt is not Attempt.SUCCEEDED:
            return f"it does not succeed {words}: {saw}"
    return ""


def proofs(cell: Cell, threat: Threat) -> Iterator[tuple[Where, str]]:
    """Where the attack of a cell has to succeed, each with the words for one that does not."""
    if threat.proved_in:
        yield Where(threat.proved_in, cell.authority, threat.stage), f"here even in mode {threat.proved_in}"
    if cell.measure:
        yield Where(cell.mode, cell.authority, threat.stage), f"without {cell.measure} either"
    if threat.controlled_in(cell.mode):
        words = f"in mode {cell.mode} where its victim is in there as well"
        yield Where(cell.mode, cell.authority, Stage.WITHIN), words


def _keep(promise: Future[Raid], suite: Suite, worlds: Worlds, where: Where) -> None:
    """What goes wrong is for the caller who asks for the result. Who is interrupted leaves nobody waiting for it."""
    try:
        promise.set_result(_made(suite, worlds, where))
    except BaseException as error:
        promise.set_exception(error)
        if not isinstance(error, Exception):
            raise


def _made(suite: Suite, worlds: Worlds, where: Where) -> Raid:
    site, why_not = suite.choice.site_for(where.mode, where.authority)
    if site is None:
        raise Problem(f"no site of this run offers the mode {where.mode}", cause=why_not)
    if where.stage is Stage.LOAD and worlds is not demo.attached:  # its containers are what they are
        site = loaded(site)
    cell = Cell(where.mode, where.authority)
    with (
        worlds(measured(site, where.measure)) as world,
        taken(where.measure, world),
        Desk.opened(world, cell, witness=lambda outcome: None) as desk,
    ):
        folder = suite.folder / where.evidence
        try:
            raid = STAGES[where.stage](desk, where.measure)
            _write(folder, raid, kernel_of(world))
            return raid
        finally:
            world.evidence(folder)


def kernel_of(world: World) -> Kernel:
    """The settings of a worker node's kernel that decide about attacks."""
    said = world.node.run(["python3", "-"], stdin=probe("kernel"), limit=10).check()
    return Kernel.parse(json.loads(said.text))


def _write(folder: Path, raid: Raid, kernel: Kernel) -> None:
    """Keep what each attack saw, and the settings that it met, the counter-measure's among them."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "raid.json").write_text(json.dumps({"kernel": kernel.json(), **raid.json()}, indent=1) + "\n")
