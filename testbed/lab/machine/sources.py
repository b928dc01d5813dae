"""apt's lists of package sources, in both of its formats: one line each (.list) and stanzas (.sources)."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

CARRIED = (
    "signed-by",
    "trusted",
    "check-valid-until",
    "valid-until-max",
    "check-date",
    "date-max-future",
    "inrelease-path",
    "allow-insecure",
    "allow-weak",
    "allow-downgrade-to-insecure",
    "by-hash",
)
"""The options that say how a source is to be trusted and read; others, such as arch, are about this machine."""


@dataclass(frozen=True, slots=True)
class Source:
    """One place that packages come from."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of `CARRIED` by their lower-case names; ``signed-by`` may be a whole armoured key."""


def one_line(text: str) -> Iterator[Source]:
    """The binary sources of a .list file.

    >>> next(one_line("deb [trusted=yes] http://deb.example/debian trixie main # ours")).options
    {'trusted': 'yes'}
    """
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        match = re.fullmatch(r"deb\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)(?P<rest>.*)", line)
        if match:
            words = shlex.split((match["options"] or "").replace("'", ""))
            options = dict(word.lower().split("=", 1)[:1] + word.split("=", 1)[1:] for word in words if "=" in word)
            yield Source(match["uri"], (match["suite"],), tuple(match["rest"].split()), _carried(options))


def deb822(text: str) -> Iterator[Source]:
    """The binary sources of a .sources file that are switched on, one for each of a stanza's addresses."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", kept):
        fields = {name.lower(): value for name, value in _fields(stanza)}
        on = fields.get("enabled", "yes").lower() not in ("no", "false", "0", "off", "without", "disable")
        if on and "deb" in fields.get("types", "").split():
            suites, components = fields.get("suites", "").split(), fields.get("components", "").split()
            for uri in fields.get("uris", "").split():
                yield Source(uri, tuple(suites), tuple(components), _carried(fields))


def _fields(stanza: str) -> Iterator[tuple[str, str]]:
    for match in re.finditer(r"^([^\s:]+)[ \t]*:(.*(?:\n[ \t]+.*)*)", stanza, re.MULTILINE):
        lines = [line.strip() for line in match[2].splitlines()]
        # A lone dot stands for an empty line, as an armoured key has one.
        yield match[1], "\n".join("" if line == "." else line for line in lines).strip()


def _carried(options: Mapping[str, str]) -> dict[str, str]:
    return {name: options[name] for name in CARRIED if name in options}
