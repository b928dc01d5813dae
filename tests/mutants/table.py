"""The table of mutants: defects of a switch as replacements in the reference's sources."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "images" / "worker-node" / "glexec"
TABLE = Path(__file__).with_name("mutants.toml")
CONTROL = "control"
"""The reference itself, built in the very same way: it has to pass."""

_EDIT = {"file", "old", "new"}
_KEYS = _EDIT | {"name", "sentence", "also", "caught_by"}


class Unfit(Exception):
    """A mutant that is none: it does not fit the sources any more, or does not compile. Never a pass, never skipped."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement; the old text stands in the file exactly once."""

    file: str
    old: str
    new: str

    def apply(self, sources: Path) -> None:
        """Change the file, in a copy of the sources."""
        path = sources / self.file
        text = path.read_text() if path.is_file() else ""
        if (found := text.count(self.old)) != 1:
            raise Unfit(f"{self.file} has {found} times, not once: {self.old.strip()!r}")
        path.write_text(text.replace(self.old, self.new))


@dataclass(frozen=True, slots=True)
class Mutant:
    """A switch with one defect."""

    name: str
    sentence: str
    edits: tuple[Edit, ...]
    caught_by: str
    """The scenario, or one of its cells in pytest's spelling, that is tried first."""


def read(path: Path = TABLE) -> tuple[Mutant, ...]:
    """Every mutant of the table, in its order."""
    mutants = tuple(map(_mutant, tomllib.loads(path.read_text())["mutant"]))
    names = [mutant.name for mutant in mutants]
    assert len(set(names)) == len(names), "two mutants have one name"
    assert CONTROL not in names, f"{CONTROL} is the reference"
    return mutants


def _mutant(values: Mapping[str, Any]) -> Mutant:
    assert values.keys() <= _KEYS, f"{values.get('name')}: unknown {values.keys() - _KEYS}"
    edits = [{key: values[key] for key in _EDIT}, *values.get("also", ())]
    return Mutant(values["name"], values["sentence"], tuple(Edit(**edit) for edit in edits), values["caught_by"])
