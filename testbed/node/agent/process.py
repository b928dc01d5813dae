"""A command with its input, its outputs and its end."""

import contextlib
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ..common.memory import memory_file
from .wake import Wake

GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL."""
DRAIN = 0.3
"""Seconds that output may still come after the payload has ended."""
LARGEST_STREAM = 1 << 20
LARGEST_PREVIEW = 1 << 16
"""Bytes of each stream that are kept; and that are reported while the payload runs."""


class Process:
    """A command in a process group of its own, its input (a file without a name), its two outputs, and its end."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        stdin: bytes,
        wake: Wake,
        most: int = LARGEST_STREAM,
        careless: bool = False,
    ) -> None:
        self._wake = wake
        self._most = most
        with input_file(stdin) as source:
            self._popen = subprocess.Popen(
                command,
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **environment} if careless else environment,
                cwd=folder,
                process_group=0,
                close_fds=not careless,
            )
        assert self._popen.stdout
        assert self._popen.stderr
        self.group = self._popen.pid
        self.out, self.err = bytearray(), bytearray()
        self._streams = {self._popen.stdout.fileno(): self.out, self._popen.stderr.fileno(): self.err}
        self._poll = select.poll()
        self._poll.register(wake.fd, select.POLLIN)
        self._poll.register(1, 0)  # only to hear that nobody reads it any more
        for number in self._streams:
            self._poll.register(number, select.POLLIN)

    @property
    def code(self) -> int | None:
        """Its exit code, 128+n when signal n ended it, ``None`` while it runs."""
        code = self._popen.poll()
        return code if code is None or code >= 0 else 128 - code

    @property
    def open(self) -> bool:
        """Whether somebody still holds its outputs."""
        return bool(self._streams)

    def turn(self, limit: float) -> None:
        """Move what can be moved; wait for it, for the end, or for a signal at most ``limit`` seconds."""
        if self.code is not None:
            limit = min(limit, DRAIN)
        for number, _ in self._poll.poll(max(limit, 0) * 1000):
            if number == self._wake.fd:
                self._wake.drain()
            elif number in self._streams:
                self._read(number)
            else:
                self._wake.hung_up()
                self._poll.unregister(number)

    def turn_until(self, limit: float, reached: Callable[[], bool]) -> None:
        """Move what can be moved until something is so, for so many seconds at most."""
        deadline = time.monotonic() + limit
        while not reached() and (left := deadline - time.monotonic()) > 0:
            self.turn(left)

    def _read(self, number: int) -> None:
        kept = self._streams[number]
        data = os.read(number, 1 << 16)
        kept += data[: self._most - len(kept)]
        if not data:
            self._poll.unregister(number)
            del self._streams[number]

    def close(self) -> None:
        """Let go of its outputs."""
        for stream in (self._popen.stdout, self._popen.stderr):
            if stream is not None:
                stream.close()


@contextlib.contextmanager
def input_file(content: bytes) -> Iterator[int]:
    """A descriptor to read from that no feeding thread is needed for, and that the payload may rewind."""
    memory = memory_file("stdin", content)
    try:
        source = os.open(f"/proc/self/fd/{memory}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(memory)
    try:
        yield source
    finally:
        os.close(source)
