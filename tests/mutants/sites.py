"""Mutants of the site: misconfigurations, each held to the attacks of the separation suite that are to notice it."""

import contextlib
import dataclasses
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbed.lab.layout import NODE
from testbed.lab.session import Lab, opened
from testbed.lab.world import World
from testbed.model.attack import Attack, Stage
from testbed.model.catalogue import CATALOGUE
from testbed.model.cell import Authority, Cell
from testbed.model.measure import Measure
from testbed.model.mode import Mode
from testbed.model.outcome import Outcome
from testbed.model.problem import Problem
from testbed.pilot.desk import Desk
from testbed.pilot.measures import taken
from testbed.pilot.raid import Raid
from testbed.pilot.staging import STAGES
from testbed.plugin.raids import kernel_of
from testbed.site.choice import Choice
from testbed.site.measured import measured
from testbed.site.switch import Switch, of_path
from tests.mutants.build import Builder
from tests.mutants.table import Unfit
from tests.mutants.table import read as read_switches

TABLE = Path(__file__).with_name("sites.toml")
WORKERS = 3
"""Raids wait for containers more than they compute."""
LIMIT = 20.0
"""Seconds for altering a worker node."""
IDENTITY = "who it runs as"
"""What is looked at where a raid could not even begin: whether a plain payload comes to what is documented."""


@dataclass(frozen=True, slots=True)
class NodeEdit:
    """One replacement in a file of the worker node's; a name without a slash is one of testbed/node."""

    file: str
    old: str
    new: str

    @property
    def path(self) -> str:
        """Where the file is."""
        return self.file if self.file.startswith("/") else f"{NODE}/{self.file}"


@dataclass(frozen=True, slots=True)
class SiteMutant:
    """One misconfiguration. Without script, edits and switch it is the control: the site as it should be."""

    name: str
    sentence: str
    mode: Mode
    notices: tuple[Attack, ...]
    source: str = ""
    script: str = ""
    edits: tuple[NodeEdit, ...] = ()
    switch: str = ""
    measure: Measure | None = None
    identity: bool = False
    """Whether no attack gets as far: that the payload does not run as documented is all that notices it."""
    quick: bool = False
    """Whether `make test` tries it."""

    @property
    def defective(self) -> bool:
        """Whether anything is wrong; else it is a control."""
        return bool(self.script or self.edits or self.switch)

    @property
    def stage(self) -> Stage:
        """The one in which its attacks are tried."""
        return CATALOGUE[self.notices[0]].stage


@dataclass(frozen=True, slots=True)
class Noticed:
    """What became of one mutant: attack -> what it was documented to come to, and came to."""

    mutant: SiteMutant
    differs: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""
    seconds: float = 0.0

    @property
    def by(self) -> str:
        """What noticed it, in words."""
        return ", ".join(self.differs) or self.why_not or "NOBODY"

    @property
    def good(self) -> bool:
        """Whether a defect was noticed, for its own reason and not because something broke; a site without was not."""
        if self.why_not or not self.mutant.defective:
            return not self.why_not and not self.differs
        return bool(self.differs.keys() - ({IDENTITY} if not self.mutant.identity else set()))


def read(path: Path = TABLE) -> tuple[SiteMutant, ...]:
    """Every mutant of the table, in its order."""
    mutants = tuple(map(_mutant, tomllib.loads(path.read_text())["mutant"]))
    names = [mutant.name for mutant in mutants]
    assert len(set(names)) == len(names), "two mutants have one name"
    return mutants


def _mutant(values: Mapping[str, Any]) -> SiteMutant:
    mutant = SiteMutant(
        values["name"],
        values["sentence"],
        Mode(values["mode"]),
        tuple(map(Attack, values["notices"])),
        values["source"],
        values.get("script", ""),
        tuple(NodeEdit(**edit) for edit in values.get("edits", ())),
        values.get("switch", ""),
        Measure(values["measure"]) if "measure" in values else None,
        values.get("identity", False),
        values.get("quick", False),
    )
    unknown = values.keys() - {each.name for each in dataclasses.fields(SiteMutant)}
    assert not unknown, f"{mutant.name}: unknown {unknown}"
    assert len({CATALOGUE[attack].stage for attack in mutant.notices}) == 1, f"{mutant.name}: one raid has one stage"
    return mutant


def controls(mutants: Iterable[SiteMutant]) -> list[SiteMutant]:
    """The sites as they should be, each for the attacks that are to notice any of these mutants."""
    found: dict[tuple[Mode, Stage, Measure | None], dict[Attack, None]] = {}
    for each in mutants:
        found.setdefault((each.mode, each.stage, each.measure), {}).update(dict.fromkeys(each.notices))
    return [
        SiteMutant(f"control, {mode} {stage}", "the site as it should be", mode, tuple(attacks), measure=measure)
        for (mode, stage, measure), attacks in found.items()
    ]


def noticed(mutants: Sequence[SiteMutant], folder: Path, workers: int = WORKERS) -> Iterator[Noticed]:
    """Raid each, in a world of its own that is thrown away; what became of them, in their order."""
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

        yield from raiders.map(one, mutants)


class _Spent(Exception):
    """The world was altered: nobody else gets it."""


def held_to_attacks(lab: Lab, choice: Choice, mutant: SiteMutant, switch: Switch | None = None) -> Noticed:
    """What the attacks of a mutant come to otherwise than documented."""
    site, why_not = choice.site_for(mutant.mode)
    if site is None:
        return Noticed(mutant, why_not=why_not)
    site = dataclasses.replace(measured(site, mutant.measure), switch=switch)
    found = Noticed(mutant, why_not="the raid did not end")
    with contextlib.suppress(_Spent), lab.pool.lease(site) as world:
        try:
            alter(world, mutant)
            found = _raided(world, choice, mutant)
        except (Problem, Unfit) as problem:
            found = Noticed(mutant, why_not=f"NOT JUDGED: {problem}")
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
    """The raid, held to what the oracle says of a site without defects, on this kernel."""
    kernel = kernel_of(world)
    cell = Cell(mutant.mode, Authority.GRIDMAP)

    def documented(cell: Cell) -> Outcome | None:
        return choice.expectation(cell, world.site, kernel).outcome

    with (
        taken(mutant.measure, world),
        Desk.opened(world, cell, witness=lambda outcome: None) as desk,
    ):
        try:
            raid = STAGES[mutant.stage](desk, mutant.measure)
        except Problem as problem:
            ran = desk.tried("/usr/bin/id -un", cell.user)
            if ran == documented(cell):
                raise
            return Noticed(mutant, {IDENTITY: f"{ran}, not {documented(cell)}; so no raid: {problem.what}"})
    return _compared(raid, mutant, documented(cell), lambda attack: documented(_celled(cell, mutant, attack)))


def _celled(cell: Cell, mutant: SiteMutant, attack: Attack) -> Cell:
    return dataclasses.replace(cell, attack=attack, measure=mutant.measure)


def _compared(
    raid: Raid, mutant: SiteMutant, usual: Outcome | None, documented: Callable[[Attack], Outcome | None]
) -> Noticed:
    """What differs from the documentation; nobody notices anything by an attack that was not tried."""
    differs: dict[str, str] = {}
    untried: dict[str, str] = {}
    for attack in mutant.notices:
        try:
            outcome = raid.outcome(attack)
        except Problem as problem:
            untried[attack] = str(problem)
            continue
        expected = documented(attack)
        if expected is None or outcome.attack is not expected.attack:
            differs[attack] = f"{outcome}, not {expected}: {_saw(raid, attack)}"
    if raid.ran != usual:
        differs[IDENTITY] = f"{raid.ran}, not {usual}"
    return Noticed(mutant, differs, "NOT JUDGED: " + "; ".join(untried.values()) if untried and not differs else "")


def _saw(raid: Raid, attack: Attack) -> str:
    return raid.attempts[attack][1]
