"""The reader of Hessian 1: strict, bounded, and true to the specification where the clients are not."""

import struct
from collections.abc import Callable

from testbed.authority.hessian import List, Long, Map, Value

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
"""Argus needs 11: a response that echoes its request."""
MAX_VALUES = 20_000
"""Of one document, references counted with all that they stand for: else a small one unfolds to gigabytes."""
TEXT, TEXT_MORE, BYTES, BYTES_MORE, MAP, LIST = b"SsBbMV"
NULL, TRUE, FALSE, INT, LONG, DOUBLE, REFERENCE = b"NTFILDR"
TYPE, LENGTH, END = b"tlz"


class NotHessian(Exception):
    """Bytes that are no Hessian object: what is wrong, and at which byte."""


def decode(data: bytes) -> Value:
    """The one value that these bytes are. Raises `NotHessian` for anything else, trailing bytes included."""
    if len(data) > MAX_BYTES:
        raise NotHessian(f"{len(data)} bytes, more than {MAX_BYTES}")
    reader = _Reader(data)
    value = reader.value(0)
    if reader.at != len(data):
        raise reader.error("something after the value")
    return value


class _Reader:
    __slots__ = ("_data", "_seen", "_values", "at")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._values = 0
        self._seen: list[tuple[Map | List, int] | None] = []
        """Maps and lists as they began, with the number of values in each; None: its end is yet to come."""
        self.at = 0

    def error(self, what: str) -> NotHessian:
        return NotHessian(f"{what}, at byte {self.at}")

    def value(self, depth: int) -> Value:
        self._count(1)
        tag = self._byte()
        if tag in (TEXT, TEXT_MORE):
            return self._text(tag)
        if tag == MAP:
            return self._map(depth)
        if tag == LIST:
            return self._list(depth)
        if tag == NULL:
            return None
        if tag == INT:
            return self._integer(4)
        return self._rare(tag)

    def _rare(self, tag: int) -> Value:
        if tag in (TRUE, FALSE):
            return tag == TRUE
        if tag == LONG:
            return Long(self._integer(8))
        if tag == DOUBLE:
            return float(struct.unpack(">d", self._take(8))[0])
        if tag in (BYTES, BYTES_MORE):
            return self._pieces(tag, BYTES, BYTES_MORE, self._take)
        if tag == REFERENCE:
            return self._reference()
        self.at -= 1
        raise self.error(f"no value begins with the byte {tag:#04x}")

    def _map(self, depth: int) -> Map:
        name, place, before = self._begin(depth)
        fields: dict[str, Value] = {}
        while (tag := self._byte()) != END:
            if tag not in (TEXT, TEXT_MORE):
                raise self.error("a key that is no text")
            key = self._text(tag)
            if key in fields:
                raise self.error(f"a second {key[:80]!r}")
            fields[key] = self.value(depth + 1)
        found = Map(name, fields)
        self._seen[place] = (found, self._values - before)
        return found

    def _list(self, depth: int) -> List:
        name, place, before = self._begin(depth)
        count = None
        if self._next(LENGTH):
            count = self._integer(4)
        items: list[Value] = []
        while not self._next(END):
            items.append(self.value(depth + 1))
        if count is not None and count not in (len(items), -1):  # -1: not known, as Java writes it
            raise self.error(f"a list of {len(items)} that says {count}")
        found = List(tuple(items), name, count is not None)
        self._seen[place] = (found, self._values - before)
        return found

    def _begin(self, depth: int) -> tuple[str, int, int]:
        """The class name of what begins here, its number for references, and how many values were before it."""
        if depth >= MAX_DEPTH:
            raise self.error(f"more than {MAX_DEPTH} levels")
        self._seen.append(None)
        name = self._take(self._length()) if self._next(TYPE) else b""
        if not name.isascii():
            raise self.error("a class name that is not ASCII")
        return name.decode("ascii"), len(self._seen) - 1, self._values

    def _reference(self) -> Map | List:
        number = self._integer(4)
        seen = self._seen[number] if 0 <= number < len(self._seen) else None
        if seen is None:
            raise self.error(f"a reference to {number}, which is not there or has no end yet")
        self._count(seen[1])
        return seen[0]

    def _text(self, tag: int) -> str:
        raw = self._pieces(tag, TEXT, TEXT_MORE, self._characters)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            pass
        try:  # Java writes a character beyond U+FFFF as its two surrogates (inferred)
            return raw.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeError:
            raise self.error("a text that is not UTF-8") from None

    def _pieces(self, tag: int, last: int, more: int, take: Callable[[int], bytes]) -> bytes:
        """A text, or bytes: pieces that each have their length in front."""
        if tag == last:
            return take(self._length())
        pieces = []
        while tag == more:
            pieces.append(take(self._length()))
            tag = self._byte()
        if tag != last:
            raise self.error("the last piece is missing")
        return b"".join((*pieces, take(self._length())))

    def _characters(self, count: int) -> bytes:
        """The bytes of so many characters of UTF-8."""
        data, at = self._data, self.at
        if data[at : at + count].isascii():
            return self._take(count)
        for _ in range(count):
            lead = data[at] if at < len(data) else 0
            at += 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        return self._take(at - self.at)

    def _count(self, values: int) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise self.error(f"more than {MAX_VALUES} values")

    def _next(self, tag: int) -> bool:
        """Whether this byte comes next; then it is passed."""
        if self._byte() == tag:
            return True
        self.at -= 1
        return False

    def _byte(self) -> int:
        if self.at >= len(self._data):
            raise self.error("ends too early")
        self.at += 1
        return self._data[self.at - 1]

    def _length(self) -> int:
        return int.from_bytes(self._take(2), "big")

    def _integer(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big", signed=True)

    def _take(self, count: int) -> bytes:
        taken = self._data[self.at : self.at + count]
        if len(taken) != count:
            raise self.error("ends too early")
        self.at += count
        return taken
