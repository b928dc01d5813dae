"""What of a Dockerfile can be built at the same time: the classic builder itself takes one stage after the other."""

import re

FROM = re.compile(r"FROM\s+(?:--\S+\s+)*(?P<base>\S+)(?:\s+AS\s+(?P<name>\S+))?\s*", re.IGNORECASE)
NEEDS_A_STAGE = re.compile(r"(COPY|ADD)\s+(--\S+\s+)*--from=", re.IGNORECASE)
EMPTY = "scratch"
"""The base without layers: a build of its beginning would be one of nothing."""
LAST = "last"
"""What a stage without a name is called; in practice the last one, which becomes the image."""


def beginnings(text: str) -> dict[str, str]:
    """A Dockerfile for each stage's beginning, up to where it needs another stage.

    Builds of these leave their layers behind, so that the whole, built afterwards, finds them done.

    >>> list(beginnings("FROM debian AS one\\nRUN a\\nFROM debian\\nRUN b\\nCOPY --from=one /a /a\\n").items())
    [('one', 'FROM debian AS one\\nRUN a\\n'), ('last', 'FROM debian\\nRUN b\\n')]
    """
    found: dict[str, str] = {}
    shared = ""
    name = ""
    open_end = False
    for line in text.splitlines(keepends=True):
        if stage := FROM.fullmatch(line):
            name = stage["name"] or LAST
            open_end = stage["base"] not in found and stage["base"] != EMPTY
            if open_end:
                found[name] = shared
        elif NEEDS_A_STAGE.match(line):
            open_end = False
        if not name:
            shared += line
        elif open_end:
            found[name] += line
    return found
