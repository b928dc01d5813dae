"""How much is taken in at a time: requests, and bytes of their bodies."""

import asyncio
from types import TracebackType

from aiohttp import web

from testbed.authority.settings import Limits


class Full(Exception):
    """No room for this request now."""


class TooLarge(Exception):
    """More than any request may have."""


class Gate:
    """The queue of requests that are being read or decided. `occupied`: somebody else holds every place."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._inside = 0
        self._bytes = 0
        self.occupied = False

    def __enter__(self) -> None:
        if self.occupied or self._inside >= self._limits.queue:
            raise Full(f"{self._limits.queue} requests are waiting")
        self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inside -= 1

    async def read(self, request: web.BaseRequest) -> bytes:
        """The body. Raises `TooLarge`, `Full` when all bodies together are too large, TimeoutError, ConnectionError."""
        if (request.content_length or 0) > self._limits.body:
            raise TooLarge(f"a body of {request.content_length} bytes, at most {self._limits.body} are read")
        if request.content.at_eof():
            return b""
        if "100-continue" in request.headers.get("Expect", "").lower() and request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._limits.read):
                while part := await request.content.readany():
                    parts.append(part)
                    size += len(part)
                    self._bytes += len(part)
                    if size > self._limits.body:
                        raise TooLarge(f"a body of more than {self._limits.body} bytes")
                    if self._bytes > self._limits.bodies:
                        raise Full("the requests that are being read have too many bytes together")
        finally:
            self._bytes -= size
        return b"".join(parts)
