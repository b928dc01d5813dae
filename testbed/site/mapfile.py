"""Reads grid-mapfile, groupmapfile and ban files, and answers as LCMAPS does (each rule tried against LCMAPS 1.6.6)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from testbed.model.mapline import map_lines
from testbed.model.person import long_form
from testbed.site.ini import Flaw


@dataclass(frozen=True, slots=True)
class Mapping:
    """One line: a DN or FQAN, in which ``*`` and ``?`` stand for anything, and what it is mapped to.

    Of several targets, separated by commas, the first one counts here. The line of a ban file has none.
    """

    subject: str
    target: str
    line: int

    @property
    def is_pool(self) -> bool:
        """Whether it names a pool (``.alpha``) and not an account."""
        return self.target.startswith(".")

    def fits(self, name: str) -> bool:
        """Whether a DN, or an FQAN in whatever form, is meant by this line."""
        pattern = re.escape(self.subject).replace(r"\*", ".*").replace(r"\?", ".")
        return re.fullmatch(pattern, presented(name), re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class MapFile:
    """The lines of a map file in order, and those that cannot be read."""

    mappings: tuple[Mapping, ...]
    flaws: tuple[Flaw, ...]

    def target(self, names: Sequence[str], counts: Callable[[Mapping], bool] = lambda mapping: True) -> str | None:
        """What the first DN or FQAN with a line is mapped to, ``.alpha`` for a pool; None when none has a line.

        Plugins for pools pass over lines with accounts and the other way round: ``counts`` says which lines matter.
        """
        matching = (m for name in names for m in self.mappings if counts(m) and m.fits(name))
        return next((mapping.target for mapping in matching), None)


def parse(content: bytes, *, targets: bool = True) -> MapFile:
    """The map file (or, without targets, the ban file); never fails, what cannot be read is among its flaws."""
    mappings: list[Mapping] = []
    flaws: list[Flaw] = []
    for line in map_lines(content):
        target = (line.rest.split() or [""])[0]
        if (not line.name and not line.quoted) or (targets and not target):
            flaws.append(Flaw(line.number, 'is no "name" target' if targets else 'is no "name"'))
        else:
            mappings.append(Mapping(line.name, target.split(",")[0], line.number))
    return MapFile(tuple(mappings), tuple(flaws))


def bans(content: bytes, names: Sequence[str]) -> bool:
    """Whether a ban file names one of these DNs or FQANs."""
    return any(line.fits(name) for line in parse(content, targets=False).mappings for name in names)


def presented(name: str) -> str:
    """A name as LCMAPS compares it: an FQAN in its long form, a DN as it is."""
    return name if re.match(r"/[A-Za-z]+=", name) else long_form(name)
