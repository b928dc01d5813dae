"""One connection to the VO that is kept open, on which both sides prove who they are."""

import contextlib
import http.client
import json
import math
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .orders import Orders
from .problems import Late, VoProblem

ANSWER_LIMIT = 10.0
WHOLE_ANSWER_LIMIT = 30.0
"""Seconds in which the VO must say something; and in which all of an answer must be there."""
LARGEST_ANSWER = 1 << 24
"""Bytes."""


class Connection:
    """Asks the VO for JSON, each answer whole within a time limit. ``full``: it cannot keep what it was told last."""

    def __init__(self, orders: Orders, proxy: Path) -> None:
        self._orders = orders
        self._kept: http.client.HTTPConnection | None = None
        self._context = self.showing(proxy)
        self.full = False

    def showing(self, proxy: Path) -> ssl.SSLContext:
        """Whom a connection believes, and the proxy that it shows. Raises `ssl.SSLError`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Not strict: X509_STRICT asks of every certificate what grid authorities lack, such as key identifiers.
        context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST
        context.load_verify_locations(cadata=self._orders.ca)
        context.load_cert_chain(proxy)
        return context

    def show(self, context: ssl.SSLContext) -> None:
        """Show another proxy from now on."""
        self.close()
        self._context = context

    def post(self, path: str, body: Mapping[str, Any], until: float = math.inf) -> Mapping[str, Any]:
        """Ask; once more over a new connection when the kept one is closed. Raises `Late` at ``until``."""
        for attempt in (1, 2):
            try:
                kept = self._kept
                connection = kept if kept and kept.sock else self.connect(until)
                with whole_within(connection.sock, min(WHOLE_ANSWER_LIMIT, until - time.monotonic())):
                    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
                    response = connection.getresponse()
                    said = response.read(LARGEST_ANSWER + 1)
                self.full = response.status == http.client.SERVICE_UNAVAILABLE
                if len(said) > LARGEST_ANSWER:
                    raise VoProblem(f"{path}: more than {LARGEST_ANSWER} bytes")
                answer = json.loads(said)
                if not isinstance(answer, dict):
                    raise VoProblem(f"{path}: not an object")
                return answer
            except (OSError, http.client.HTTPException, ValueError, RuntimeError) as error:  # or no thread, or too deep
                self.close()
                if time.monotonic() >= until:
                    raise Late(f"{path}: no answer in time") from error
                if attempt == 2:
                    raise VoProblem(f"{path}: {error or type(error).__name__}") from error
        raise AssertionError("unreachable")

    def connect(self, until: float = math.inf) -> http.client.HTTPConnection:
        """A new connection, kept from now on. Raises `OSError`."""
        left = max(until - time.monotonic(), 0.001)
        connection = http.client.HTTPConnection(self._orders.address, self._orders.port, timeout=ANSWER_LIMIT)
        connection.auto_open = 0  # by itself it would connect without TLS
        plain = socket.create_connection((self._orders.address, self._orders.port), min(ANSWER_LIMIT, left))
        plain.settimeout(ANSWER_LIMIT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = self._context.wrap_socket(plain, server_hostname=self._orders.host, do_handshake_on_connect=False)
        connection.sock, self._kept = line, connection
        with whole_within(line, min(WHOLE_ANSWER_LIMIT, left)):
            line.do_handshake()
        return connection

    def close(self) -> None:
        """Hang up."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None


@contextlib.contextmanager
def whole_within(line: socket.socket, seconds: float) -> Iterator[None]:
    """Hang up where something is not over in time: a timeout of the socket's begins anew with each byte."""

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(line, socket.SHUT_RDWR)  # below TLS, of which another thread is in the middle

    guard = threading.Timer(seconds, hang_up)
    guard.daemon = True
    guard.start()
    try:
        yield
    finally:
        guard.cancel()
