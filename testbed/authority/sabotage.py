"""Responses that are broken on their way, or before it."""

import asyncio
import base64
import binascii
import contextlib
import socket
from http import HTTPStatus

from aiohttp import ClientConnectionError, web

from testbed.authority.breakage import Breakage
from testbed.authority.connection import Connection
from testbed.authority.face import Reply
from testbed.authority.secure import Channel
from testbed.model.fault import Fault

PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n"
    b"<body><h1>Sign in</h1><p>Please accept the terms of use of this network.</p></body></html>\n"
)
BLANKS = b"\n" * 65536
"""What no reader of base64, XML or JSON minds, and what has no end."""

STATUS = {Fault(f"status-{code}"): HTTPStatus(code) for code in (204, 302, 401, 404, 500, 503)}


def response(reply: Reply, *, close: bool = False) -> web.Response:
    """A response as it should be."""
    made = web.Response(
        status=reply.status,
        body=reply.body,
        headers={"Content-Type": reply.content_type, "Server": "glexec-testbed", **reply.headers},
    )
    if close:
        made.force_close()
    return made


async def spoilt(
    connection: Connection, request: web.BaseRequest, reply: Reply, broken: Breakage
) -> web.StreamResponse:
    """The response that takes the place of a good one. Where it wrote for itself, what it returns goes nowhere."""
    fault = broken.effect
    if fault in STATUS:
        return _with_status(reply, STATUS[fault])
    if fault is Fault.EMPTY:
        return response(Reply(200, b"", reply.content_type))
    if fault is Fault.HTML:
        return response(Reply(200, PAGE, "text/html; charset=utf-8"))
    if fault is Fault.TRUNCATED:
        return response(Reply(reply.status, truncated(reply.body, broken), reply.content_type, reply.headers))
    if fault is Fault.OVERSIZED:
        return await _oversized(request, reply)
    whole = _raw(reply)
    head = len(whole) - len(reply.body)
    if fault is Fault.DRIBBLE:
        await _dribble(connection, whole, 1.0 if broken.seconds is None else broken.seconds)
        return response(reply, close=True)
    cut = head + (len(reply.body) // 2 if broken.bytes is None else min(broken.bytes, len(reply.body)))
    transport = connection.transport
    if transport is not None:
        transport.write(whole[:cut])
        if fault is Fault.RESET:
            connection.abort(with_reset=True)
        elif fault is Fault.HALF_CLOSE:
            await _half_close(connection, transport, broken)
        elif not await connection.wait(broken.seconds):
            transport.write(whole[cut:])
            transport.close()
    return response(reply, close=True)


def truncated(body: bytes, broken: Breakage) -> bytes:
    """The beginning of an answer: of its text, or of what its base64 decodes to."""
    if broken.bytes is not None:
        return body[: broken.bytes]
    try:
        plain = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return body[: len(body) // 2 if broken.at is None else broken.at]
    return base64.b64encode(plain[: len(plain) // 2 if broken.at is None else broken.at])


def _with_status(reply: Reply, status: HTTPStatus) -> web.Response:
    """Another status, and the answer as its body all the same: who looks at the body only is caught."""
    headers = dict(reply.headers)
    if status == HTTPStatus.FOUND:
        headers["Location"] = "/elsewhere"
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Basic realm="glexec-testbed"'
    return response(Reply(status, b"" if status == HTTPStatus.NO_CONTENT else reply.body, reply.content_type, headers))


async def _oversized(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    """The answer, and then blanks for as long as somebody reads them; no more in memory than one piece."""
    stream = web.StreamResponse(status=reply.status, headers={"Content-Type": reply.content_type})
    stream.enable_chunked_encoding()
    stream.force_close()
    with contextlib.suppress(ConnectionError, ClientConnectionError):  # the client goes, or is dropped
        await stream.prepare(request)
        await stream.write(reply.body)
        while True:
            await stream.write(BLANKS)
            await asyncio.sleep(0)
    return stream


async def _dribble(connection: Connection, whole: bytes, pause: float) -> None:
    for at in range(len(whole)):
        if connection.transport is None or connection.gone.done():
            return
        connection.transport.write(whole[at : at + 1])
        if await connection.wait(pause):
            return
    if connection.transport is not None:
        connection.transport.close()


async def _half_close(connection: Connection, transport: asyncio.WriteTransport, broken: Breakage) -> None:
    """End our direction: the TCP stream's (FIN), or TLS' first (close_notify)."""
    if isinstance(transport, Channel) and not broken.below:
        transport.secure.say_goodbye()
    transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
    await connection.wait(None)


def _raw(reply: Reply) -> bytes:
    """A whole response as it stands on the wire."""
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"Content-Type: {reply.content_type}", f"Content-Length: {len(reply.body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + reply.body
