"""Hessian 1 as Argus speaks it: one bare object, no envelope. Its values, and their bytes.

Source: the Hessian 1.0.2 specification, and what the Argus clients were observed to send and to accept. References are
never written, though the reader knows them: the C client resolves them against the wrong table.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import AnyStr, TypeAlias

PIECE = 0x7FFF
"""Characters of one piece of a long text, as in the C client."""


class Long(int):
    """An integer of 64 bits; every other ``int`` has 32."""


@dataclass(frozen=True, slots=True)
class Map:
    """An object: the name of its class, and its fields in the order in which they stand."""

    name: str
    fields: "Mapping[str, Value]"


@dataclass(frozen=True, slots=True)
class List:
    """A list. ``name`` is its type, which the C client leaves out; so it does the count of an empty list."""

    items: "tuple[Value, ...]" = ()
    name: str = ""
    counted: bool = True


Value: TypeAlias = bool | int | float | str | bytes | Map | List | None


def encode(value: Value) -> bytes:
    """The bytes of a value. Raises `OverflowError` for an integer that has no form: nothing is shortened."""
    parts: list[bytes] = []
    _write(value, parts)
    return b"".join(parts)


def _write(value: Value, parts: list[bytes]) -> None:
    if isinstance(value, str):
        _write_text(value, parts)
    elif isinstance(value, Map):
        parts.append(b"M" + _type(value.name))
        for key, field in value.fields.items():
            parts.append(_key(key))
            _write(field, parts)
        parts.append(b"z")
    elif isinstance(value, List):
        parts.append(b"V" + _type(value.name))
        if value.counted:
            parts.append(b"l" + len(value.items).to_bytes(4, "big"))
        for item in value.items:
            _write(item, parts)
        parts.append(b"z")
    elif value is None:
        parts.append(b"N")
    elif isinstance(value, bool):
        parts.append(b"T" if value else b"F")
    elif isinstance(value, int):
        long = isinstance(value, Long)
        parts.append((b"L" if long else b"I") + value.to_bytes(8 if long else 4, "big", signed=True))
    elif isinstance(value, float):
        parts.append(b"D" + struct.pack(">d", value))
    else:
        for piece, tag in _cut(value, b"b", b"B"):
            parts += (tag, len(piece).to_bytes(2, "big"), piece)


def _write_text(value: str, parts: list[bytes]) -> None:
    """A text. Lengths count characters: one beyond U+FFFF is one, which the C client was observed to read."""
    for piece, tag in _cut(value, b"s", b"S"):
        parts += (tag, len(piece).to_bytes(2, "big"), piece.encode())


def _cut(value: AnyStr, more: bytes, last: bytes) -> list[tuple[AnyStr, bytes]]:
    """The pieces of a text or of bytes, each with its tag."""
    if len(value) <= PIECE:
        return [(value, last)]
    starts = range(0, len(value), PIECE)
    return [(value[at : at + PIECE], last if at == starts[-1] else more) for at in starts]


@lru_cache(256)
def _type(name: str) -> bytes:
    return b"t" + len(name).to_bytes(2, "big") + name.encode("ascii") if name else b""


@lru_cache(256)
def _key(key: str) -> bytes:
    parts: list[bytes] = []
    _write_text(key, parts)
    return b"".join(parts)
