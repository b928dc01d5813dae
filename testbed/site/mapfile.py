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

    def target(self, names: Sequence[str]) -> str | None:
        """What the first DN or FQAN with a line is mapped to, ``.alpha`` for a pool; None when none has a line."""
        for name in names:
            for mapping in self.mappings:
                if mapping.fits(long_form(name)):
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


def bans(content: bytes, names: Sequence[str]) -> bool:
    """Whether a ban file, which has a name a line and nothing else, names one of these DNs or FQANs."""
    lines = content.decode("utf-8", "replace").splitlines()
    quoted = (line.strip() for line in lines)
    subjects = [line.strip('"') for line in quoted if line and not line.startswith("#")]
    return any(Mapping(subject, (), 0).fits(long_form(name)) for subject in subjects for name in names)


def long_form(name: str) -> str:
    """A name as LCMAPS compares it: ``/alpha/Role=NULL/Capability=NULL`` for the FQAN ``/alpha``, a DN as it is."""
    if re.match(r"/[A-Za-z]+=", name):
        return name
    role = "" if "/Role=" in name else "/Role=NULL"
    capability = "" if "/Capability=" in name else "/Capability=NULL"
    return name + role + capability


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else str(match[2])
