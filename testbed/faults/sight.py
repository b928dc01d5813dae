"""What a client of our own sees of a service: how far it gets, and what comes back. Faults are felt by it."""

import http.client
import socket
import ssl
import time
from dataclasses import dataclass, replace

LARGEST = (1 << 20) + (1 << 16)
"""Bytes of a response that are read: more than any client of the testbed takes."""
STAGES = ("connect", "tls", "head", "body", "done")


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ask: a service by its name and address, and who asks."""

    name: str
    """As its certificate has to have it."""
    address: str
    port: int
    path: str
    authorities: str
    """PEM: whom to believe."""
    proxy: str
    """A file with the asker's proxy and its key."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One attempt. ``stage`` is where it ended, ``error`` why, and empty when all of a response came."""

    stage: str
    error: str = ""
    """``timed out``, ``refused``, ``reset``, ``short``, ``verify N`` with OpenSSL's number, ``tls ...``."""
    status: int = 0
    body: bytes = b""
    seconds: float = 0.0

    def __str__(self) -> str:
        words = [f"{self.stage}: {self.error or 'complete'}"]
        words += [f"status {self.status}, {len(self.body)} bytes"] if self.status else []
        return ", ".join(words)


def look(target: Target, headers: dict[str, str], body: bytes, limit: float) -> Sight:
    """Ask, and say what came of it within ``limit`` seconds. A failure of any kind is a sight as well."""
    began = time.monotonic()
    sight = _Attempt(target, began + limit).made(headers, body)
    return replace(sight, seconds=time.monotonic() - began)


class _Attempt:
    def __init__(self, target: Target, deadline: float) -> None:
        self._target = target
        self._deadline = deadline
        self._stage = "connect"
        self._status = 0
        self._body = bytearray()

    def made(self, headers: dict[str, str], body: bytes) -> Sight:
        error = ""
        try:
            with self._connected() as connection:
                self._exchange(connection, headers, body)
                self._stage = "done"
        except ssl.SSLCertVerificationError as problem:
            error = f"verify {problem.verify_code}"
        except TimeoutError:
            error = "timed out"
        except ConnectionRefusedError:
            error = "refused"
        except (ConnectionResetError, BrokenPipeError):
            error = "reset"
        except (http.client.IncompleteRead, http.client.RemoteDisconnected, ssl.SSLEOFError):
            error = "short"
        except ssl.SSLError as problem:
            error = f"tls {problem.reason or problem}"
        except (OSError, http.client.HTTPException) as problem:
            error = f"{type(problem).__name__} {problem}"
        return Sight(self._stage, error, self._status, bytes(self._body))

    def _connected(self) -> ssl.SSLSocket:
        target = self._target
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST
        context.load_verify_locations(cadata=target.authorities)
        context.load_cert_chain(target.proxy)
        plain = socket.create_connection((target.address, target.port), self._left())
        try:
            self._stage = "tls"
            plain.settimeout(self._left())
            return context.wrap_socket(plain, server_hostname=target.name)
        except BaseException:
            plain.close()
            raise

    def _exchange(self, connection: ssl.SSLSocket, headers: dict[str, str], body: bytes) -> None:
        self._stage = "head"
        connection.settimeout(self._left())
        lines = [f"POST {self._target.path} HTTP/1.1", f"Host: {self._target.name}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()] + [f"Content-Length: {len(body)}", "", ""]
        connection.sendall("\r\n".join(lines).encode() + body)
        response = http.client.HTTPResponse(connection, method="POST")
        response.begin()
        self._status = response.status
        self._stage = "body"
        while len(self._body) < LARGEST:
            connection.settimeout(self._left())
            if not (piece := response.read1(1 << 16)):
                break
            self._body += piece
        if response.length or len(self._body) >= LARGEST:
            raise http.client.IncompleteRead(b"")

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
