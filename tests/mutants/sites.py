"""Mutants of the site: misconfigurations, each with the attacks of the separation suite that are to notice it."""

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.lab.layout import NODE
from testbed.model.attack import LETTERS, ORDER, Attack, Chance, Stage
from testbed.model.catalogue import CATALOGUE
from testbed.model.measure import Measure
from testbed.model.mode import Mode

TABLE = Path(__file__).with_name("sites.toml")


@dataclass(frozen=True, slots=True)
class NodeEdit:
    """One replacement in a file of the worker node's; a name that begins with no slash is one of testbed/node."""

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
    like: Mode | None = None
    """The mode that it comes down to: every attack that this one lets through has to succeed."""

    @property
    def defective(self) -> bool:
        """Whether anything is wrong; else it is a control."""
        return bool(self.script or self.edits or self.switch)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those in which its attacks are tried."""
        return tuple(dict.fromkeys(CATALOGUE[attack].stage for attack in self.notices))


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
        _notices(values),
        values["source"],
        values.get("script", ""),
        tuple(NodeEdit(**edit) for edit in values.get("edits", ())),
        values.get("switch", ""),
        Measure(values["measure"]) if "measure" in values else None,
        values.get("identity", False),
        values.get("quick", False),
        Mode(values["like"]) if "like" in values else None,
    )
    unknown = values.keys() - {each.name for each in dataclasses.fields(SiteMutant)} - {"stages"}
    assert not unknown, f"{mutant.name}: unknown {unknown}"
    assert mutant.like or len(mutant.stages) == 1, f"{mutant.name}: one raid has one stage"
    return mutant


def _notices(values: Mapping[str, Any]) -> tuple[Attack, ...]:
    """The attacks that are named, or all of some stages that one mode lets through and the other does not."""
    if "notices" in values:
        return tuple(map(Attack, values["notices"]))
    like, mode = (ORDER.index(Mode(values[word])) for word in ("like", "mode"))
    return tuple(
        threat.attack
        for threat in CATALOGUE.values()
        if threat.stage in map(Stage, values["stages"])
        and LETTERS[threat.letters[like]] is Chance.SUCCEEDS
        and LETTERS[threat.letters[mode]] is Chance.BLOCKED
    )


def documented(mutants: Iterable[SiteMutant]) -> str:
    """The table of docs/separation.md."""
    rows = [("misconfiguration", "what is wrong", "mode", "noticed by", "source"), ("---",) * 5]
    rows += [(f"`{each.name}`", each.sentence, str(each.mode), _said(each), each.source) for each in mutants]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _said(mutant: SiteMutant) -> str:
    if mutant.identity:
        return "who it runs as"
    if mutant.like:
        stages = ", ".join(f"`{stage}`" for stage in mutant.stages)
        many = f"each of {len(mutant.notices)} attacks that {mutant.like} lets through and {mutant.mode} does not"
        return f"{many}: stages {stages}"
    return ", ".join(f"`{attack}`" for attack in mutant.notices)


def controls(mutants: Iterable[SiteMutant]) -> list[SiteMutant]:
    """The sites as they should be, each for the attacks that are to notice any of these mutants.

    Those of mutants that are like another mode are the scenarios' own cells.
    """
    found: dict[tuple[Mode, Stage, Measure | None], dict[Attack, None]] = {}
    for each in mutants:
        if not each.like:
            found.setdefault((each.mode, *each.stages, each.measure), {}).update(dict.fromkeys(each.notices))
    return [
        SiteMutant(f"control, {mode} {stage}", "the site as it should be", mode, tuple(attacks), measure=measure)
        for (mode, stage, measure), attacks in found.items()
    ]
