"""The engine's own HTTP interface by the standard library: it is needed before anything else is installed."""

import http.client
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from testbed.lab.machine.address import Address
from testbed.model.problem import Problem

BLOCK = 1 << 20
"""Bytes that are sent at a time."""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, limit: float) -> None:
        super().__init__("localhost", timeout=limit, blocksize=BLOCK)
        self._path = path
        self._limit = limit

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self._limit)
        self.sock.connect(self._path)


def connection(where: Address, limit: float) -> http.client.HTTPConnection:
    """A connection to an engine, not yet opened; no single answer may take longer than ``limit`` seconds."""
    if where.socket:
        return UnixConnection(where.socket, limit)
    parts = urlsplit(where.url)
    if parts.scheme not in ("tcp", "http", "https") or not parts.hostname:
        raise Problem(
            "this engine cannot be used",
            where=where.source,
            found=where.url,
            expected="unix:///path or tcp://host:port, on this machine: containers are reached by their addresses",
            remedy="unset DOCKER_HOST and run docker context use default to use this machine's own engine",
        )
    if where.certificates is None and parts.scheme != "https":
        return http.client.HTTPConnection(parts.hostname, parts.port or 2375, limit, blocksize=BLOCK)
    context = _tls(where.certificates)
    return http.client.HTTPSConnection(
        parts.hostname, parts.port or 2376, timeout=limit, blocksize=BLOCK, context=context
    )


def _tls(certificates: Path | None) -> ssl.SSLContext:
    if certificates is None:
        return ssl.create_default_context()
    try:
        context = ssl.create_default_context(cafile=certificates / "ca.pem")
        context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    except OSError as error:
        raise Problem(
            "the certificates for the engine cannot be read", where=str(certificates), cause=str(error)
        ) from error
    return context
