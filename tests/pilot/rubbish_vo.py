"""A VO that has gone bad: its real certificate, real TLS, and whatever answers a test wants."""

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbed.model.mode import Mode
from testbed.pilot.order import Order
from testbed.pilot.tls import server_context
from tests.pilot.conftest import AGENT_HERE, Grid

Speak = Callable[[ssl.SSLSocket], None]
"""Says something on a connection of which a request was read."""
LIMIT = 20.0
MEMORY = 400 << 20
"""Bytes of addresses that the pilot may have: an answer of a gigabyte does not fit."""
NOTHING = {"payload": None}


def plain(body: bytes) -> bytes:
    """An answer that is well formed as far as HTTP goes."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def answer(data: object) -> bytes:
    """An answer of JSON, in which `NaN` and lone surrogates may stand."""
    return plain(json.dumps(data).encode())


FULL = b'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 15\r\n\r\n{"problem": {}}'


@dataclass(frozen=True)
class Ended:
    """How a pilot ended, what it said, and what it reported."""

    code: int
    err: str
    reports: Sequence[Mapping[str, Any]]


@dataclass
class RubbishVo:
    """Answers one request for work after the other with what is ``given``, and takes every report."""

    grid: Grid
    given: Iterator[bytes | Speak]
    reported: list[Mapping[str, Any]] = field(default_factory=list)
    full: int = 0
    """How many ends of payloads it cannot keep."""
    slow: float = 0.0
    """Seconds that it takes to answer to the word that a payload has started."""

    def met(self, folder: Path, **orders: object) -> Ended:
        """How a pilot ends that is sent to this VO and works below a folder."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            serving = threading.Thread(target=self._serve, args=(listening,), daemon=True)
            serving.start()
            return self._ended(folder, listening.getsockname()[1], orders)

    def _ended(self, folder: Path, port: int, orders: Mapping[str, object]) -> Ended:
        said = {
            **Order(Mode.NONE, limit=60.0).json(),
            "pilot": "pilot-1",
            "vo": {"name": "pilot", "address": "127.0.0.1", "port": port},
            "ca": self.grid.authority.identity.certificate_pem.decode(),
            "proxy": self.grid.proxy("pilot").decode(),
            "notes": str(folder.with_name("notes.json")),
            **orders,
        }
        done = subprocess.run(
            ["prlimit", f"--as={MEMORY}", sys.executable, str(AGENT_HERE), "pilot-1"],
            input=json.dumps(said).encode(),
            capture_output=True,
            env={**os.environ, "TMPDIR": str(folder)},
            timeout=LIMIT,
            check=False,
        )
        return Ended(done.returncode, done.stderr.decode(), self.reported)

    def _serve(self, listening: socket.socket) -> None:
        context = server_context(self.grid.folder)
        while True:
            try:
                taken, _ = listening.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(taken, server_side=True) as connection:
                    connection.settimeout(LIMIT)
                    self._speak(connection)
            except OSError:
                continue

    def _speak(self, connection: ssl.SSLSocket) -> None:
        reader = connection.makefile("rb")
        while line := reader.readline():
            length = 0
            while (header := reader.readline()).strip():
                if header.lower().startswith(b"content-length:"):
                    length = int(header.partition(b":")[2])
            body = json.loads(reader.read(length))
            if line.startswith(b"POST /reports "):
                if self.full and body["state"] == "ended":
                    self.full -= 1
                    connection.sendall(FULL)
                else:
                    self.reported.append(body)
                    time.sleep(self.slow if body["state"] == "started" else 0)
                    connection.sendall(answer({"stop": False}))
            elif isinstance(said := next(self.given), bytes):
                connection.sendall(said)
            else:
                said(connection)
