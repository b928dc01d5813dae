"""What notices a misconfiguration: each is made in a world of its own, and its attacks are tried there."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from testbed.lab.session import Lab, opened
from testbed.lab.world import World
from testbed.model.attack import ORDER, Attack, Stage
from testbed.model.catalogue import CATALOGUE
from testbed.model.cell import Authority, Cell
from testbed.model.mode import Mode
from testbed.model.outcome import Attempt, Outcome
from testbed.model.problem import Problem
from testbed.pilot.desk import Desk
from testbed.pilot.measures import taken
from testbed.pilot.raid import Raid
from testbed.pilot.staging import STAGES
from testbed.plugin.raids import kernel_of
from testbed.site.choice import Choice
from testbed.site.measured import loaded, measured
from testbed.site.switch import Switch, of_path
from tests.mutants.build import Builder
from tests.mutants.sites import SiteMutant
from tests.mutants.table import Unfit
from tests.mutants.table import read as read_switches

WORKERS = 3
"""Raids wait for containers more than they compute."""
LIMIT = 20.0
"""Seconds for altering a worker node."""
IDENTITY = "who it runs as"
"""What is looked at where a raid could not even begin: whether a plain payload comes to what is documented."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What became of one mutant: attack -> what it was documented to come to, and came to."""

    mutant: SiteMutant
    differs: Mapping[str, str] = field(default_factory=dict)
    untried: Mapping[str, str] = field(default_factory=dict)
    """Attack -> why it could not be tried. Nobody notices anything by such a one."""
    why_not: str = ""
    seconds: float = 0.0

    @property
    def missed(self) -> Mapping[str, str]:
        """The attacks that are said to notice it and do not, and what became of them."""
        attacks = self.mutant.notices if self.mutant.defective and not self.mutant.identity else ()
        return {each: self.untried.get(each, "as without it") for each in attacks if each not in self.differs}

    @property
    def by(self) -> str:
        """What noticed it, in words."""
        if self.why_not or (self.untried and not self.differs):
            return f"NOT JUDGED: {self.why_not or '; '.join(self.untried.values())}"
        if not self.differs:
            return "NOBODY"
        if self.missed:
            return f"NOT BY {'; '.join(f'{attack}: {saw}' for attack, saw in self.missed.items())}"
        if like := self.mutant.like:
            return f"each of {len(self.mutant.notices)} attacks that {like} lets through"
        return ", ".join(self.differs)

    @property
    def good(self) -> bool:
        """Whether a defect was noticed, for its own reason and not because something broke; a site without was not."""
        if self.why_not or not self.mutant.defective:
            return not self.why_not and not self.untried and not self.differs
        return not self.missed and bool(self.differs.keys() - ({IDENTITY} if not self.mutant.identity else set()))


def noticed(mutants: Sequence[SiteMutant], folder: Path, workers: int = WORKERS) -> Iterator[Noticed]:
    """Raid each; what became of them, in their order. A world that was made wrong is thrown away."""
    choice = Choice.of_examples()
    switches = {each.name: each for each in read_switches()}
    wanted = {each.switch for each in mutants} - {""}
    builder = Builder(folder) if wanted else None
    built = {name: of_path(builder.build(name, switches[name].edits)) for name in wanted} if builder else {}
    with opened(choice.vos, choice.authority_hosts) as lab, ThreadPoolExecutor(workers) as raiders:

        def one(mutant: SiteMutant) -> Noticed:
            began = time.monotonic()
            held = held_to_attacks(lab, choice, mutant, built.get(mutant.switch))
            return dataclasses.replace(held, seconds=time.monotonic() - began)

        longest_first = sorted(mutants, key=lambda mutant: -len(mutant.stages))
        raided = {mutant.name: raiders.submit(one, mutant) for mutant in longest_first}
        yield from (raided[mutant.name].result() for mutant in mutants)


class _Spent(Exception):
    """The world was altered: nobody else gets it."""


def held_to_attacks(lab: Lab, choice: Choice, mutant: SiteMutant, switch: Switch | None = None) -> Noticed:
    """What the attacks of a mutant come to otherwise than documented."""
    site, why_not = choice.site_for(mutant.mode)
    if site is None:
        return Noticed(mutant, why_not=why_not)
    site = dataclasses.replace(measured(site, mutant.measure), switch=switch)
    if Stage.LOAD in mutant.stages:
        site = loaded(site, ORDER.index(mutant.mode))
    found = Noticed(mutant, why_not="the raid did not end")
    with contextlib.suppress(_Spent), lab.pool.lease(site) as world:
        try:
            alter(world, mutant)
            found = _raided(world, choice, mutant)
        except (Problem, Unfit) as problem:
            found = Noticed(mutant, why_not=str(problem))
        if mutant.defective:
            raise _Spent
    return found


def alter(world: World, mutant: SiteMutant) -> None:
    """Make the worker node wrong; `Unfit` where that cannot be done as the table says."""
    for edit in mutant.edits:
        text = world.node.run(["cat", edit.path], limit=LIMIT).check().out.decode()
        if (count := text.count(edit.old)) != 1:
            raise Unfit(f"{edit.file} has {count} times, not once: {edit.old.strip()!r}")
        text = text.replace(edit.old, edit.new)
        world.node.run(["sh", "-c", 'cat >"$1"', "sh", edit.path], stdin=text.encode(), limit=LIMIT).check()
    if mutant.script:
        world.node.run(["sh", "-ec", mutant.script], limit=LIMIT).check()


def _raided(world: World, choice: Choice, mutant: SiteMutant) -> Noticed:
    """Its raids, held to what the oracle says of a site without defects, on this kernel."""
    kernel = kernel_of(world)
    cell = Cell(mutant.mode, Authority.GRIDMAP)

    def documented(attack: Attack | None = None, mode: Mode = mutant.mode) -> Outcome | None:
        asked = dataclasses.replace(cell, mode=mode, attack=attack, measure=mutant.measure if attack else None)
        return choice.expectation(asked, world.site, kernel).outcome

    def let_through(attack: Attack) -> bool:
        """Whether this kernel lets it through where nothing else hinders it."""
        open_mode = mutant.like or CATALOGUE[attack].proved_in
        return open_mode is None or attempt_of(documented(attack, open_mode)) is Attempt.SUCCEEDED

    if mutant.defective:
        mutant = dataclasses.replace(mutant, notices=tuple(filter(let_through, mutant.notices)))
    found = Noticed(mutant)
    with taken(mutant.measure, world), Desk.opened(world, cell, witness=lambda outcome: None) as desk:
        for stage in mutant.stages:
            attacks = [attack for attack in mutant.notices if CATALOGUE[attack].stage is stage]
            try:
                raid = STAGES[stage](desk, mutant.measure)
            except Problem as problem:
                ran = desk.tried("/usr/bin/id -un", cell.user)
                if ran == documented():
                    raise
                why = f"{ran}, not {documented()}; so no raid: {problem}"
                found = joined(found, {IDENTITY: why}, dict.fromkeys(attacks, why))
            else:
                found = joined(found, *_compared(raid, attacks, documented(), documented))
    return found


def joined(found: Noticed, differs: Mapping[str, str], untried: Mapping[str, str]) -> Noticed:
    """What was found, and this besides."""
    return dataclasses.replace(found, differs={**found.differs, **differs}, untried={**found.untried, **untried})


def attempt_of(outcome: Outcome | None) -> Attempt | None:
    """What became of its attack."""
    return outcome.attack if outcome else None


def _compared(
    raid: Raid, attacks: Iterable[Attack], usual: Outcome | None, documented: Callable[[Attack], Outcome | None]
) -> tuple[dict[str, str], dict[str, str]]:
    """What differs from the documentation, and what could not be tried."""
    differs: dict[str, str] = {}
    untried: dict[str, str] = {}
    for attack in attacks:
        try:
            outcome = raid.outcome(attack)
        except Problem as problem:
            untried[attack] = str(problem)
            continue
        expected = documented(attack)
        if expected is None or outcome.attack is not expected.attack:
            differs[attack] = f"{outcome}, not {expected}: {raid.attempts[attack][1]}"
    if raid.ran != usual:
        differs[IDENTITY] = f"{raid.ran}, not {usual}"
    return differs, untried
