"""The lines of a map file as written: a name and what stands behind it. What that means is for each reader to say."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE = re.compile(r'(?:"(?P<quoted>(?:\\"|[^"])*)"|(?P<bare>[^\s"]\S*))(?:\s+(?P<rest>\S.*))?')


@dataclass(frozen=True, slots=True)
class MapLine:
    """One line of a grid-mapfile, groupmapfile or ban file."""

    number: int
    name: str
    """Without its quotes, escape sequences as they stand; empty where the line cannot be read."""
    quoted: bool = False
    rest: str = ""
    """What follows the name."""


def map_lines(content: bytes) -> Iterator[MapLine]:
    r"""Every line that is neither empty nor a comment.

    >>> [(line.name, line.rest) for line in map_lines(b'# a comment\n"/alpha" .alpha,beta\n')]
    [('/alpha', '.alpha,beta')]
    """
    for number, raw in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            yield MapLine(number, "")
        elif match["bare"] is None:
            yield MapLine(number, match["quoted"], True, match["rest"] or "")
        else:
            yield MapLine(number, match["bare"], False, match["rest"] or "")
