"""One connection from its handshake to its end."""

import asyncio
import contextlib
import socket
import ssl

from aiohttp import web

from testbed.authority.connection import Connection
from testbed.authority.log import Log
from testbed.authority.secure import Secure
from testbed.authority.settings import Limits


class Conversations:
    """Speaks TLS, where there is any, and HTTP with whoever is let in at a port."""

    def __init__(self, http: web.Server, log: Log, limits: Limits) -> None:
        self._http = http
        self._log = log
        self._limits = limits

    async def hold(self, port: str, taken: socket.socket, peer: str, context: ssl.SSLContext | None) -> None:
        """Until the connection is over; what fails is a line in the log. ``context``: None is plain HTTP."""
        connection = Connection(self._http, self._log, self._limits, port, peer)
        secure = Secure(context, connection, self._limits.handshake) if context else None
        transport: asyncio.BaseTransport | None = None
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: secure or connection, taken)
            if secure:
                await secure.greeted
            await connection.gone
        except (ssl.SSLError, OSError) as error:
            self._log.add("connection", port=port, peer=peer, problem=told(error))
            if secure:
                await secure.over
        finally:
            connection.over()
            if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
                transport.abort()


def told(error: Exception) -> str:
    """What OpenSSL says, without the line of its source."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"client certificate refused: {error.verify_message}"
    with contextlib.suppress(AttributeError):
        if isinstance(error, ssl.SSLError) and error.reason:
            return f"TLS: {error.reason.lower().replace('_', ' ')}"
    return str(error) or type(error).__name__
