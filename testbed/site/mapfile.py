"""Reads grid-mapfile and groupmapfile, and answers as LCMAPS does: the first line that fits wins."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.site.ini import Flaw

_LINE = re.compile(r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"]\S*))\s+(?P<targets>\S.*)')
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))")


@dataclass(frozen=True, slots=True)
class Mapping:
    """One line: a DN or FQAN (a ``*`` at its end stands for anything), and what it is mapped to."""

    subject: str
    targets: tuple[str, ...]
    line: int

    def fits(self, name: str) -> bool:
        """Whether a DN or an FQAN in its long form is meant by this line."""
        if self.subject.endswith("*"):
            return name.startswith(self.subject[:-1])
        return name == self.subject


@dataclass(frozen=True, slots=True)
class MapFile:
    """The lines of a map file in order, and those that cannot be read."""

    mappings: tuple[Mapping, ...]
    flaws: tuple[Flaw, ...]

    def of_fqans(self, fqans: Sequence[str]) -> str | None:
        """What the first FQAN with a line is mapped to, ``.alpha`` for a pool; None when no FQAN has a line."""
        for fqan in fqans:
            for mapping in self.mappings:
                if mapping.fits(long_form(fqan)):
                    return mapping.targets[0]
        return None


def parse(content: bytes) -> MapFile:
    """The map file; never fails, lines that cannot be read are among its flaws."""
    mappings: list[Mapping] = []
    flaws: list[Flaw] = []
    for number, raw in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            flaws.append(Flaw(number, 'is no "name" target'))
            continue
        subject = match["bare"] if match["quoted"] is None else match["quoted"]
        targets = tuple(target.strip() for target in match["targets"].split(",") if target.strip())
        mappings.append(Mapping(_ESCAPE.sub(_unescaped, subject), targets, number))
    return MapFile(tuple(mappings), tuple(flaws))


def banned(content: bytes) -> tuple[str, ...]:
    """The subjects of a ban file: a quoted name a line."""
    lines = (line.strip() for line in content.decode("utf-8", "replace").splitlines())
    return tuple(
        line.split('"')[1] if line.startswith('"') and line.count('"') > 1 else line
        for line in lines
        if line and not line.startswith("#")
    )


def long_form(fqan: str) -> str:
    """An FQAN as LCMAPS compares it: ``/alpha/Role=NULL/Capability=NULL`` for ``/alpha``."""
    role = "" if "/Role=" in fqan else "/Role=NULL"
    capability = "" if "/Capability=" in fqan else "/Capability=NULL"
    return fqan + role + capability


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else str(match[2])
