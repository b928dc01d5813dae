"""What a client of our own sees of a service: how far it gets, and what comes back. Faults are felt by it."""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")

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


class _Line(io.RawIOBase):
    """A TLS connection of which every error is told apart: Python's own says "end" where the kernel said "reset"."""

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, name: str, left: Callable[[], float]) -> None:
        self._plain = plain
        self._left = left
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._came, self._goes, server_hostname=name)

    def handshake(self) -> None:
        self._turn(self._tls.do_handshake)

    def send(self, data: bytes) -> None:
        self._turn(lambda: self._tls.write(data))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._turn(lambda: self._tls.read(len(buffer)))
        except ssl.SSLZeroReturnError:
            return 0
        buffer[: len(data)] = data
        return len(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What `http.client` reads from."""
        return io.BufferedReader(self)

    def _turn(self, step: Callable[[], T]) -> T:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                pass
            finally:
                self._plain.settimeout(self._left())
                self._plain.sendall(self._goes.read())
            if came := self._plain.recv(1 << 16):
                self._came.write(came)
            else:
                self._came.write_eof()


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
            with socket.create_connection((self._target.address, self._target.port), self._left()) as plain:
                self._exchange(plain, headers, body)
                self._stage = "done"
        except ssl.SSLCertVerificationError as problem:
            error = f"verify {problem.verify_code}"
        except TimeoutError:
            error = "timed out"
        except ConnectionRefusedError:
            error = "refused"
        except (http.client.IncompleteRead, http.client.RemoteDisconnected, ssl.SSLEOFError):
            error = "short"
        except (ConnectionResetError, BrokenPipeError):
            error = "reset"
        except ssl.SSLError as problem:
            error = f"tls {problem.reason or problem}"
        except (OSError, http.client.HTTPException) as problem:
            error = f"{type(problem).__name__} {problem}"
        return Sight(self._stage, error, self._status, bytes(self._body))

    def _exchange(self, plain: socket.socket, headers: dict[str, str], body: bytes) -> None:
        self._stage = "tls"
        line = _Line(plain, self._context(), self._target.name, self._left)
        line.handshake()
        self._stage = "head"
        lines = [f"POST {self._target.path} HTTP/1.1", f"Host: {self._target.name}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()] + [f"Content-Length: {len(body)}", "", ""]
        line.send("\r\n".join(lines).encode() + body)
        response = http.client.HTTPResponse(line, method="POST")  # type: ignore[arg-type]
        response.begin()
        self._status = response.status
        self._stage = "body"
        while len(self._body) < LARGEST and (piece := response.read1(1 << 16)):
            self._body += piece
        if response.length or len(self._body) >= LARGEST:
            raise http.client.IncompleteRead(b"")

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST
        context.load_verify_locations(cadata=self._target.authorities)
        context.load_cert_chain(self._target.proxy)
        return context

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
