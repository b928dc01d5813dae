"""The decision log: one JSON line for everything that was asked, refused, broken on purpose or set right again."""

import json
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

LONGEST = 2000
"""Characters of one text in a line: what a client sends is not believed to be short."""
LARGEST = 64 * 1024 * 1024
"""Characters of all lines that are kept; a decision has 500 to 1000."""


class Log:
    """The last lines, numbered from 1 on. Numbers go on after lines were dropped or `clear` was called."""

    def __init__(self, size: int, stream: TextIO | None = None) -> None:
        self._lines: deque[tuple[int, str]] = deque()
        self._most = size
        self._characters = 0
        self._stream = stream
        self._number = 0

    def add(self, kind: str, **parts: object) -> None:
        """One line. ``kind`` is ``decision``, ``bad-request``, ``connection``, ``fault`` or ``control``."""
        self._number += 1
        now = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"seq": self._number, "time": now, "kind": kind} | {k: _short(v) for k, v in parts.items()})
        self._lines.append((self._number, line))
        self._characters += len(line)
        while len(self._lines) > self._most or self._characters > LARGEST:
            self._characters -= len(self._lines.popleft()[1])
        if self._stream is not None:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                self._stream = None  # a full disk or a reader that is gone; the lines are still here

    def since(self, number: int) -> Iterator[str]:
        """The lines after the one with this number, oldest first."""
        return (line for at, line in list(self._lines) if at > number)

    def clear(self) -> None:
        """Forget what was written."""
        self._lines.clear()
        self._characters = 0

    @property
    def last(self) -> int:
        """The number of the newest line; 0 before the first."""
        return self._number


def _short(value: object) -> object:
    if isinstance(value, str) and len(value) > LONGEST:
        return value[:LONGEST] + f"... ({len(value)} characters)"
    if isinstance(value, tuple | list):
        return [_short(one) for one in value[:100]]
    return value
