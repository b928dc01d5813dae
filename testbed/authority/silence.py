"""Connections on which nothing is said, or only half of a greeting."""

import asyncio
import contextlib
import socket
import ssl


async def after_accept(connection: socket.socket, seconds: float | None) -> bool:
    """Say nothing, for so long at most; whether the other side is still there then. Nothing is read: it is not ours."""
    if seconds is None:
        await drained(connection)
        return False
    await asyncio.sleep(seconds)
    with contextlib.suppress(BlockingIOError):
        return bool(connection.recv(1, socket.MSG_PEEK))
    return True


async def in_tls(connection: socket.socket, context: ssl.SSLContext) -> None:
    """Read the client's greeting, send the first half of ours, and stop there."""
    loop = asyncio.get_running_loop()
    heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
    greeting = context.wrap_bio(heard, said, server_side=True)
    while not said.pending:
        came = await loop.sock_recv(connection, 16384)
        if not came:
            return
        heard.write(came)
        try:
            greeting.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLError:
            break
    ours = said.read()
    await loop.sock_sendall(connection, ours[: len(ours) // 2])
    await drained(connection)


async def drained(connection: socket.socket) -> None:
    """Wait for the other side's end; what it says until then is thrown away."""
    while await asyncio.get_running_loop().sock_recv(connection, 65536):
        pass
