"""A grid-mapfile or groupmapfile as Argus reads it: stricter than LCMAPS, and with other ideas of what fits.

Source: DFPMFileParser and OrderedDFPM of argus-pep-server, and Argus' documentation of the syntax.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.authority.dn import canonical, is_dn
from testbed.authority.fqan import Fqan, fqan
from testbed.model.mapline import MapLine, map_lines
from testbed.model.problem import Problem

_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|(.))")
_SIGNS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "'": "'", '"': '"', "\\": "\\"}
_TARGET = re.compile(r"\.?[A-Za-z_][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a DN or the pattern of an FQAN, and what it is mapped to."""

    dn: tuple[str, ...]
    """As `canonical` has it; empty where the name is an FQAN."""
    pattern: Fqan | None
    targets: tuple[str, ...]

    def names(self, person: tuple[str, ...]) -> bool:
        """Whether it is a DN, and this person's, as `canonical` has it."""
        return self.dn == person != ()

    def fits(self, attribute: Fqan | None) -> bool:
        """Whether it is an FQAN, and this attribute is meant."""
        return self.pattern is not None and attribute is not None and self.pattern.fits(attribute)


def read_mapfile(content: bytes, source: str) -> tuple[Line, ...]:
    """The lines of a map file as Argus reads them. What Argus would refuse or never match is a `Problem`."""
    lines: dict[str, Line] = {}
    for written in map_lines(content):
        name = _unescaped(written, source)
        dn, pattern = (canonical(name), None) if is_dn(name) else ((), fqan(name))
        if not dn and pattern is None:
            raise _problem(written, source, name or "nothing", "a DN, or an FQAN: /vo[/group...][/*][/Role=name]")
        if name in lines:
            raise _problem(written, source, name, "every name once: Argus does not start with a name given twice")
        lines[name] = Line(dn, pattern, tuple(_targets(written, source)))
    return tuple(lines.values())


def _unescaped(line: MapLine, source: str) -> str:
    if not line.quoted:
        raise _problem(
            line, source, line.name or "a line of another form", 'a name between double quotes: "/alpha" .alpha'
        )

    def character(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        if code is None and match[3] == "/":
            return "\\/"
        if code is None and match[3] not in _SIGNS:
            raise _problem(line, source, match[0], r"one of \b \f \n \r \t \' \" \\ \/ \x## \u####")
        return chr(int(code, 16)) if code else _SIGNS[match[3]]

    return _ESCAPE.sub(character, line.name).strip()


def _targets(line: MapLine, source: str) -> Iterator[str]:
    for target in line.rest.split(","):
        if not _TARGET.fullmatch(target.strip()):
            raise _problem(line, source, target.strip() or "nothing", "an account, a group, or a pool: .alpha")
        yield target.strip()


def _problem(line: MapLine, source: str, found: str, expected: str) -> Problem:
    return Problem(
        "Argus cannot read this map file", where=f"{source}, line {line.number}", found=found, expected=expected
    )
