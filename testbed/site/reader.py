"""Reads a TOML table key by key; what is wrong is a `Problem` with file, line, key and the nearest right word."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from testbed.model.problem import Problem, nearest, shown
from testbed.site.toml import Document, Place, spell

Word = TypeVar("Word", bound=StrEnum)

_TYPES = {
    bool: "yes or no without quotes (true, false)",
    int: "a whole number",
    str: "a word in quotes",
    list: "a list",
    dict: "a table",
    float: "a number with a fraction",
    datetime: "a date, a time and its distance from UTC, such as 2026-11-26T02:00:00+01:00",
}


class Table:
    """One table of a document, which may hold only the keys that are known there."""

    def __init__(self, document: Document, place: Place, keys: Sequence[str]) -> None:
        values: Any = document.values
        for part in place:
            values = values[part]
        self.document = document
        self.place = place
        self.values: Mapping[str, Any] = values
        for key in self.values:
            if keys and key not in keys:
                raise self.unknown(key, keys)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def word(self, key: str, default: str | None = None) -> str:
        """A text that is not empty."""
        value = self._value(key, str, default)
        if not value and value != default:
            raise self.problem(key, "is empty", expected="a word in quotes")
        return str(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Yes or no."""
        return bool(self._value(key, bool, default))

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number between two others."""
        value = int(self._value(key, int, default))
        if not low <= value <= high:
            raise self.problem(key, "is out of range", found=shown(value), expected=f"{low} to {high}")
        return value

    def choice(self, key: str, words: type[Word]) -> Word:
        """One of the words of an axis."""
        value = self.word(key)
        if value not in list(words):
            raise self.misspelt(key, value, list(words))
        return words(value)

    def words(self, key: str, words: Sequence[str]) -> tuple[str, ...]:
        """A list, each item one of the words that can stand here, and none twice."""
        values = self._value(key, list, None)
        for index, value in enumerate(values):
            place = (*self.place, key, index)
            if not isinstance(value, str):
                raise self._wrong_type(place, value, _TYPES[str])
            if value not in words:
                near = nearest(value, words)
                raise Problem(
                    f"{spell(place)} has a value that means nothing",
                    where=self.document.where(place),
                    found=repr(value),
                    expected="one of " + ", ".join(words),
                    remedy=f'write "{near}"' if near else "leave it out",
                )
            if value in values[:index]:
                what, where = f"{spell(place)} is given twice", self.document.where(place)
                raise Problem(what, where=where, found=repr(value), remedy="leave one out")
        return tuple(values)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of words of the site's own, at least one, none empty and none twice."""
        values = self._value(key, list, None)
        if not values:
            raise self.problem(key, "is empty", expected="at least one word in quotes", remedy=f"leave {key} out")
        for index, value in enumerate(values):
            place = (*self.place, key, index)
            if not isinstance(value, str):
                raise self._wrong_type(place, value, _TYPES[str])
            if not value or value in values[:index]:
                what = "is given twice" if value else "is empty"
                raise Problem(
                    f"{spell(place)} {what}",
                    where=self.document.where(place),
                    found=repr(value),
                    remedy="leave one out" if value else "leave it out",
                )
        return tuple(values)

    def moment(self, key: str) -> datetime:
        """A point in time, with its distance from UTC."""
        value: datetime = self._value(key, datetime, None)
        if value.tzinfo is None:
            raise self.problem(key, "could be any time zone's", found=value.isoformat(), expected=_TYPES[datetime])
        return value

    def table(self, key: str, keys: Sequence[str]) -> "Table":
        """A table below this one."""
        self._value(key, dict, None)
        return Table(self.document, (*self.place, key), keys)

    def tables(self, key: str, keys: Sequence[str]) -> Iterator["Table"]:
        """The tables of a list: ``[[pools]]``."""
        for index, value in enumerate(self._value(key, list, None)):
            place = (*self.place, key, index)
            if not isinstance(value, dict):
                raise self._wrong_type(place, value, f"a table, begun by [[{spell((*self.place, key))}]]")
            yield Table(self.document, place, keys)

    def where(self, key: str = "") -> str:
        """File, line and key."""
        return self.document.where((*self.place, key) if key else self.place)

    def problem(self, key: str, wrong: str, *, found: str = "", expected: str = "", remedy: str = "") -> Problem:
        """What is wrong with the value of a key."""
        return Problem(f"{key} {wrong}", where=self.where(key), found=found, expected=expected, remedy=remedy)

    def item(
        self, key: str, index: int, wrong: str, *, found: str, expected: str = "", cause: str = "", remedy: str = ""
    ) -> Problem:
        """What is wrong with one item of a list."""
        place = (*self.place, key, index)
        where = self.document.where(place)
        return Problem(
            f"{spell(place)} {wrong}", where=where, found=found, expected=expected, cause=cause, remedy=remedy
        )

    def misspelt(self, key: str, value: str, words: Sequence[str]) -> Problem:
        """A value that is none of the words that can stand here."""
        near = nearest(value, words)
        return self.problem(
            key,
            "has a value that means nothing",
            found=repr(value),
            expected="one of " + ", ".join(words),
            remedy=f'write {key} = "{near}"' if near else "",
        )

    def unknown(self, key: str, keys: Sequence[str]) -> Problem:
        """A key that means nothing here."""
        near = nearest(key, [word for word in keys if word not in self.values]) or nearest(key, keys)
        table = f"in [{spell(self.place)}]" if self.place else "at the top of the file"
        return Problem(
            f"unknown key {key!r}",
            where=self.where(key),
            found=key,
            expected=f"{table}: {', '.join(keys)}",
            remedy=f"did you mean {near!r}?" if near else "remove it",
        )

    def _value(self, key: str, kind: type, default: Any) -> Any:
        if key not in self.values:
            if default is not None:
                return default
            table = f"[{spell(self.place)}]" if self.place else "the top of the file"
            full = spell((*self.place, key))
            shape = f"[{full}]" if kind is dict else f"[[{full}]]" if kind is list else key
            raise Problem(
                f"{table} lacks {shape}",
                where=self.where(),
                expected=f"{key}: {_TYPES[kind]}",
                remedy=f"add {shape}" + ("" if kind in (dict, list) else " = ..."),
            )
        value = self.values[key]
        if type(value) is not kind:
            raise self._wrong_type((*self.place, key), value, _TYPES[kind])
        return value

    def _wrong_type(self, place: Place, value: Any, expected: str) -> Problem:
        kind = _TYPES.get(type(value), "a date or a time")
        found = kind if isinstance(value, list | dict) else f"{_shown(value)}, {kind}"
        word = _as_word(value) if expected == _TYPES[str] else ""
        right = f'"{word}"' if word else ""
        if expected == _TYPES[int] and isinstance(value, str) and value.isdecimal():
            right = value
        return Problem(
            f"{spell(place)} has the wrong type",
            where=self.document.where(place),
            found=found,
            expected=expected,
            remedy=f"write {place[-1]} = {right}" if right else "",
        )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return shown(value) if isinstance(value, str | int) else str(value)


def _as_word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int | float) else ""
