"""TLS between a connection and HTTP. Unlike asyncio's own it tells clients why they are refused, by TLS' alerts."""

import asyncio
import contextlib
import ssl
from typing import Any

PIECE = 65536
LINGER = 1.0
"""Seconds that a refused client has to read why."""
DRAINED = 1024 * 1024
"""Bytes that it may go on to send in them."""


class Secure(asyncio.Protocol):
    """The server's side of one TLS connection; HTTP, above it, begins once the handshake is done."""

    def __init__(self, context: ssl.SSLContext, above: asyncio.Protocol, limit: float) -> None:
        loop = asyncio.get_running_loop()
        self._heard, self._said = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._heard, self._said, server_side=True)
        self._above = above
        self._below: asyncio.Transport | None = None
        self._timer = loop.call_later(limit, self._refuse, TimeoutError("no handshake within the time limit"))
        self._done = False
        self.ending = False
        """Whether nothing more is said or heard."""
        self.lingers = False
        """Whether the other side may still be talking when we end."""
        self._drained = 0
        self.greeted: asyncio.Future[None] = loop.create_future()
        """Done with the handshake; an SSLError, TimeoutError or ConnectionError where it failed."""
        self.over: asyncio.Future[None] = loop.create_future()
        """Done once the TCP connection is over."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TCP connection stands."""
        assert isinstance(transport, asyncio.Transport)
        self._below = transport

    def data_received(self, data: bytes) -> None:
        """More of the handshake, or of what is said under its protection."""
        if self.ending:
            self._drained += len(data)
            if self._drained > DRAINED and self._below is not None:
                self._below.abort()
            return
        self._heard.write(data)
        if not self._done and not self._greet():
            return
        self._listen()

    def eof_received(self) -> bool:
        """The other side has ended its direction: nobody here goes on talking to it."""
        return False

    def connection_lost(self, exc: BaseException | None) -> None:
        """The TCP connection is over."""
        self._timer.cancel()
        self._fail(ConnectionError("the client went away in the handshake"))
        if not self.over.done():
            self.over.set_result(None)
        if self._done:
            self._done = False
            self._above.connection_lost(exc if isinstance(exc, Exception) else None)

    def pause_writing(self) -> None:
        """The other side does not read as fast as we write."""
        if self._done:
            self._above.pause_writing()

    def resume_writing(self) -> None:
        """It has caught up."""
        if self._done:
            self._above.resume_writing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Say something under protection."""
        if data:
            self.tls.write(data)
            self.flush()

    def say_goodbye(self) -> None:
        """Tell the other side, by TLS, that nothing more comes (close_notify)."""
        with contextlib.suppress(ssl.SSLError):  # it wants to read the other's good-bye, which nobody waits for
            self.tls.unwrap()
        self.flush()

    def end(self) -> None:
        """End the connection; where it `lingers` our direction only, and wait for the other side's end, not for long.

        To close while it still talks would reset the connection: it would lose the alert, or why it is refused.
        """
        self._timer.cancel()
        if self.ending or self._below is None or self._below.is_closing():
            return
        self.ending = True
        if not self.lingers:
            self._below.close()
            return
        self._below.write_eof()
        self._below.resume_reading()  # to hear the end; HTTP may have paused it
        self._timer = asyncio.get_running_loop().call_later(LINGER, self._below.abort)

    def flush(self) -> None:
        """Send what TLS has to say."""
        if self._said.pending and self._below is not None and not self._below.is_closing():
            self._below.write(self._said.read())

    def _greet(self) -> bool:
        """The next step of the handshake; whether it was the last one."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self.flush()
            return False
        except ssl.SSLError as error:
            self.flush()  # the alert
            self._refuse(error)
            return False
        self.flush()
        self._timer.cancel()
        self._done = True
        assert self._below is not None
        self._above.connection_made(Channel(self, self._below))
        if not self.greeted.done():
            self.greeted.set_result(None)
        return True

    def _listen(self) -> None:
        try:
            while data := self.tls.read(PIECE):
                self._above.data_received(data)
                if not self._done or self.ending or self._below is None or self._below.is_closing():
                    return
        except ssl.SSLWantReadError:
            self.flush()
            return
        except ssl.SSLError:  # no TLS any more
            self.flush()
        self.end()

    def _refuse(self, error: Exception) -> None:
        """No TLS with this client."""
        self._fail(error)
        self.lingers = True
        self.end()

    def _fail(self, error: Exception) -> None:
        if not self.greeted.done():
            self.greeted.set_exception(error)
            self.greeted.exception()  # whoever waits gets it; nobody has to


class Channel(asyncio.Transport):
    """What HTTP writes to: everything goes through TLS, the rest is the TCP connection's."""

    def __init__(self, secure: Secure, below: asyncio.Transport) -> None:
        super().__init__()
        self.secure = secure
        self._below = below

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """``ssl_object``, and what the TCP connection knows."""
        if name == "ssl_object":
            return self.secure.tls
        return self.secure.tls.context if name == "sslcontext" else self._below.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Say something."""
        if not self.is_closing():
            self.secure.write(data)

    def close(self) -> None:
        """End it in good order: everything said, TLS' good-bye, the TCP stream's end."""
        if not self.is_closing():
            self.secure.say_goodbye()
            self.secure.end()

    def abort(self) -> None:
        """End it at once."""
        self._below.abort()

    def is_closing(self) -> bool:
        """Whether it is ending, or over."""
        return self.secure.ending or self._below.is_closing()

    def pause_reading(self) -> None:
        """Hear nothing for a while."""
        if not self.is_closing():
            self._below.pause_reading()

    def resume_reading(self) -> None:
        """Hear again."""
        if not self.is_closing():
            self._below.resume_reading()

    def is_reading(self) -> bool:
        """Whether it hears."""
        return self._below.is_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """From which amount of unsent bytes on HTTP is told to wait."""
        self._below.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return self._below.get_write_buffer_size()
