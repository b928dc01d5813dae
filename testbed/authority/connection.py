"""One HTTP connection: when it began, who made it, how long it may take, what was wrong with it."""

import asyncio
import contextlib
import logging
import ssl
from typing import cast

from aiohttp import web

from testbed.authority import tls
from testbed.authority.listener import reset
from testbed.authority.log import Log
from testbed.authority.secure import Channel
from testbed.authority.settings import Limits

LARGEST = 512 * 1024
"""Bytes that come before a request's head is understood: what the kernel hands over at a time, and a head."""


class Connection(web.RequestHandler):
    """aiohttp's side of a connection, with what it lacks: a time limit before the first request, and our log."""

    __slots__ = ("_log", "_refused", "_timer", "_unread", "_waiting", "gone", "peer", "port")

    def __init__(self, server: web.Server, log: Log, limits: Limits, port: str, peer: str) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=limits.idle,
            lingering_time=0,
            auto_decompress=False,
            access_log=cast(logging.Logger, None),  # none, as aiohttp's own runner says it; the decision log is ours
        )
        self._log = log
        self._timer = loop.call_later(limits.read, self._too_slow)
        self._waiting = True
        self._unread = 0
        self._refused = False
        self.port = port
        """Its name in `Ports`."""
        self.peer = peer
        self.gone: asyncio.Future[None] = loop.create_future()
        """Done once the connection is over, whoever ended it."""

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell everybody who waits."""
        self._timer.cancel()
        super().connection_lost(exc)
        if not self.gone.done():
            self.gone.set_result(None)

    def over(self) -> None:
        """Nothing is waited for any more, also where the handshake failed and HTTP never began."""
        self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Take no more than a head can have, until there is one: older versions of aiohttp have no such limit."""
        if self._waiting:
            self._unread += len(data)
            if self._unread > LARGEST:
                self._refuse("a head without end")
                self.abort()
                return
        super().data_received(data)

    def lingers(self) -> None:
        """What is answered next is a refusal, and the client may still be talking."""
        if isinstance(self.transport, Channel):
            self.transport.secure.lingers = True

    def begins(self) -> None:
        """A request's head is there."""
        self._timer.cancel()
        self._waiting, self._unread = False, 0

    def ends(self) -> None:
        """The request is answered; there may be another."""
        self._waiting = True

    def chain(self) -> list[bytes]:
        """The certificates of who made the connection; empty where it is plain, or nobody asked for them."""
        over = self.transport.get_extra_info("ssl_object") if self.transport else None
        return tls.chain(cast(ssl.SSLObject, over)) if over else []

    async def wait(self, seconds: float | None) -> bool:
        """Wait until the connection is over, at most so long; whether it is."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.gone), seconds)
        return self.gone.done()

    def abort(self, with_reset: bool = False) -> None:
        """End it at once; without reset the other side sees an end of the data without good-bye."""
        if self.transport is not None:
            if with_reset:
                reset(self.transport.get_extra_info("socket"))
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no HTTP, or a mistake of ours: one line in the log, a short text for the client."""
        self.lingers()
        why = " ".join(f"{type(exc).__name__}: {exc}".split()) if exc else message or ""
        self._refuse(why, status)
        if request.writer.output_size > 0:
            raise ConnectionError("half of a response is on its way")
        response = web.Response(status=status, text="bad request\n" if status < 500 else "internal error\n")
        response.force_close()
        return response

    def _too_slow(self) -> None:
        self._refuse("no request within the time limit")
        self.abort()

    def _refuse(self, why: str, status: int | None = None) -> None:
        """One line, whatever else is wrong with what the client goes on to send."""
        self._timer.cancel()
        if not self._refused:
            self._log.add("bad-request", port=self.port, peer=self.peer, problem=why, status=status)
        self._refused = True
