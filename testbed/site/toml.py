"""TOML that remembers where everything stood: tomllib's values, and the line of every key."""

import bisect
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from testbed.model.problem import Problem

Place = tuple[str | int, ...]
"""The way to a value from the top: ``("pools", 1, "first_uid")``."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_POSITION = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_HUGE = re.compile(r"[0-9_]{4000}")
_QUOTES = ('"""', "'''", '"', "'")


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file: what it says, and where it says it."""

    file: str
    values: Mapping[str, Any]
    lines: Mapping[Place, int]

    def where(self, place: Place) -> str:
        """File, line and key of a value, or of the nearest table around it: ``site.toml:12, key answers.setuid``."""
        around = place
        while around and around not in self.lines:
            around = around[:-1]
        return f"{self.file}:{self.lines.get(around, 1)}" + (f", key {spell(place)}" if place else "")


def spell(place: Place) -> str:
    """A place as people say it, counting from one: ``pools[2].first_uid``."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += ("." if text else "") + (part if _BARE.fullmatch(part) else repr(part))
    return text


def parse(content: bytes, file: str) -> Document:
    """Read a TOML file; what is wrong with it is a `Problem` with file and line."""
    text = _decoded(content, file)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(str(error), text, file) from None
    except RecursionError:
        raise Problem("lists or tables inside of each other, deeper than can be read", where=file) from None
    except ValueError as error:  # Python reads no number of so many digits
        line = next((n for n, line in enumerate(text.split("\n"), 1) if _HUGE.search(line)), 1)
        raise Problem("a number that is too large", where=f"{file}:{line}", cause=str(error)) from None
    return Document(file, values, _Scan(text.replace("\r\n", "\n")).lines())


def _decoded(content: bytes, file: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Problem("the file is not UTF-8", where=file, found="UTF-16", remedy="save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Problem(
            "the file is not UTF-8",
            where=f"{file}:{line}",
            found=f"byte 0x{content[error.start]:02x}",
            cause="probably saved as Latin-1 (ISO 8859-1)",
            remedy="save it as UTF-8",
        ) from None


def _syntax(message: str, text: str, file: str) -> Problem:
    lines = text.splitlines() or [""]
    match = _POSITION.search(message)
    line = int(match["line"]) if match and match["line"] else len(lines)
    what = message[: match.start()] if match else message
    column = f":{match['column']}" if match and match["column"] else ""
    found = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in lines[min(line, len(lines)) - 1].strip())
    return Problem(
        f"this is not TOML: {what[:1].lower()}{what[1:]}",
        where=f"{file}:{line}{column}",
        found=found or "the end of the file",
        remedy="mend this line; words are quoted, numbers are not, a key stands once in its table",
    )


class _Scan:
    """Walks through text that tomllib has accepted, and notes the line of every table, key and array item."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.begins = [end.end() for end in re.finditer("\n", text)]
        self.found: dict[Place, int] = {}
        self.counts: dict[Place, int] = {}

    def lines(self) -> dict[Place, int]:
        table: Place = ()
        while self._skip_to_content():
            if self._take("[["):
                table = self._header(repeated=True)
            elif self._take("["):
                table = self._header(repeated=False)
            else:
                self._pair(table)
        return self.found

    def _header(self, *, repeated: bool) -> Place:
        parts = self._key()
        place: Place = ()
        for part in parts[:-1]:
            place = self._current((*place, part))
            self.found.setdefault(place, self._line())
        place = (*place, parts[-1])
        if repeated:
            self.found.setdefault(place, self._line())
            self.counts[place] = self.counts.get(place, -1) + 1
        place = self._current(place)
        self.found[place] = self._line()
        self.at = self.text.index("]]" if repeated else "]", self.at) + (2 if repeated else 1)
        return place

    def _current(self, place: Place) -> Place:
        """A table's place; of an array of tables, the last one so far."""
        return (*place, self.counts[place]) if place in self.counts else place

    def _pair(self, table: Place) -> None:
        parts = self._key()
        for end in range(1, len(parts) + 1):
            self.found.setdefault((*table, *parts[:end]), self._line())
        self.at = self.text.index("=", self.at) + 1
        self._value((*table, *parts))

    def _key(self) -> tuple[str, ...]:
        parts = []
        while True:
            self._skip(" \t")
            if match := _BARE.match(self.text, self.at):
                parts.append(match[0])
                self.at = match.end()
            else:
                start = self.at
                self._string()
                parts.append(tomllib.loads(f"key = {self.text[start : self.at]}")["key"])
            self._skip(" \t")
            if not self._take("."):
                return tuple(parts)

    def _value(self, place: Place) -> None:
        self._skip(" \t")
        if self._take("["):
            index = 0
            while self._skip_to_content() and not self._take("]"):
                self.found[(*place, index)] = self._line()
                self._value((*place, index))
                self._skip_to_content()
                self._take(",")
                index += 1
        elif self._take("{"):
            while self._skip_to_content() and not self._take("}"):
                self._pair(place)
                self._skip_to_content()
                self._take(",")
        elif self.text[self.at] in "\"'":
            self._string()
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def _string(self) -> None:
        quote = next(quote for quote in _QUOTES if self.text.startswith(quote, self.at))
        self.at += len(quote)
        while not self.text.startswith(quote, self.at):
            self.at += 2 if quote[0] == '"' and self.text[self.at] == "\\" else 1
        self.at += len(quote)
        if len(quote) == 3:
            self._skip(quote[0])  # a multi-line string may end in up to two quotes of its own

    def _skip_to_content(self) -> bool:
        while True:
            self._skip(" \t\n")
            if self.at >= len(self.text):
                return False
            if self.text[self.at] != "#":
                return True
            self.at = end if (end := self.text.find("\n", self.at)) >= 0 else len(self.text)

    def _skip(self, characters: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in characters:
            self.at += 1

    def _take(self, word: str) -> bool:
        if self.text.startswith(word, self.at):
            self.at += len(word)
            return True
        return False

    def _line(self) -> int:
        return bisect.bisect_right(self.begins, self.at) + 1
