"""Requests as they stand: what the VO's own client would never say."""

import contextlib
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from testbed.pilot.client import Vo

LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class Said:
    """What the VO answers: its status, and its problem without the parts that say nothing."""

    status: int
    problem: Mapping[str, str]
    answer: Mapping[str, Any]


def line(vo: Vo) -> ssl.SSLSocket:
    """A connection after the handshake, as whoever the client speaks for."""
    plain = socket.create_connection((vo.address, vo.port), LIMIT)
    return vo._context.wrap_socket(plain, server_hostname="pilot")


def head(method: str, path: str, *headers: str) -> bytes:
    """The head of a request that is its connection's last."""
    lines = (f"{method} {path} HTTP/1.1", "Host: pilot", "Connection: close", *headers)
    return "".join(f"{each}\r\n" for each in (*lines, "")).encode()


def posted(path: str, body: object, *headers: str) -> bytes:
    """A whole request. A body that is no bytes goes as JSON, in which `NaN` and lone surrogates may stand."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return head("POST", path, f"Content-Length: {len(data)}", *headers) + data


def heard(connection: ssl.SSLSocket) -> bytes:
    """Everything that is said until the end, whichever way it comes."""
    data = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while piece := connection.recv(1 << 16):
            data += piece
    return data


def said(vo: Vo, request: bytes) -> Said:
    """What the VO answers to one request."""
    with line(vo) as connection:
        connection.sendall(request)
        return read(heard(connection))


def read(answer: bytes) -> Said:
    """The one answer in what was heard."""
    first, _, body = answer.partition(b"\r\n\r\n")
    told = json.loads(body)
    problem = {name: text for name, text in told.get("problem", {}).items() if text}
    return Said(int(first.split()[1]), problem, told)
