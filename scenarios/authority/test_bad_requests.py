"""Whatever is thrown at the service, it stays small, says so in its log, and goes on answering."""

import contextlib
import os
import re
import socket
import ssl
import tempfile
import time

import pytest

from testbed.faults.client import sights
from testbed.faults.signs import well
from testbed.lab.wait import eventually
from testbed.plugin import matrix

PORT = 8154
LARGEST = 256 << 20
"""Bytes of memory that the service may have. Seen: 51 MiB at rest, 61 after slow clients, 161 after a crowd."""
WITHIN = 8.0
GIGABYTE = 1 << 30
SLOW, MANY = 200, 10_000
"""Clients that dribble a request; connections that say nothing."""


CROWD = """
import resource, socket, sys, time
address, port, many = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
crowd = [socket.socket() for _ in range(many)]
for connection in crowd:
    connection.setblocking(False)
print(sum(connection.connect_ex((address, port)) in (0, 115) for connection in crowd))
time.sleep(2)
"""
"""Opens connections as fast as it can, and has nothing to say on them. 115 is EINPROGRESS."""


class Pest:
    """A client that behaves badly towards the first endpoint, over TLS as the pilot, or below it."""

    def __init__(self, world):
        self._host = world.authorities[0]
        self.address = (self._host.control.address, PORT)
        self._context = ssl.create_default_context(cadata=world.grid.read("authority/ca.cert.pem").decode())
        with tempfile.NamedTemporaryFile() as file:
            file.write(world.grid.read(world.grid.bearer("pilot").file))
            file.flush()
            self._context.load_cert_chain(file.name)

    def plain(self):
        """A connection on which nothing has been said."""
        return socket.create_connection(self.address, timeout=WITHIN)

    def secure(self):
        """One after the handshake."""
        return self._context.wrap_socket(self.plain(), server_hostname=self._host.name)

    def memory(self):
        """Bytes that the service's process has in memory, as /proc has it."""
        script = "for p in /proc/[0-9]*; do grep -lqs testbed.authority $p/cmdline && cat $p/status; done"
        text = self._host.container.execute(["sh", "-c", script + "; true"], 5).decode()
        return max(int(size) for size in re.findall(r"^VmRSS:\s+(\d+) kB", text, re.M)) * 1024

    def lines(self, word):
        """How many lines of the log have a word in them."""
        return self._host.control.raw_log().decode().count(word)


@pytest.fixture
def pest(world):
    """A bad client. Afterwards the service is not larger than it may be, and still answers."""
    pest = Pest(world)
    assert all(well(each) for each in sights(world))
    yield pest
    assert pest.memory() < LARGEST
    assert eventually(lambda: all(well(each) for each in sights(world)), within=WITHIN)


def heard(connection):
    """What the service says until it hangs up; nothing where it does so without a word."""
    data = b""
    with contextlib.suppress(OSError):
        while piece := connection.recv(1 << 16):
            data += piece
    return data


@matrix(mode="setuid", authority="argus")
def test_random_bytes_are_one_line_each_and_nothing_more(pest):
    """Neither TLS nor HTTP nor Hessian: one line of the log for each kind (our choice)."""
    noise = os.urandom(4096)
    with pest.plain() as connection:
        connection.sendall(noise)
        heard(connection)
    assert eventually(lambda: pest.lines('"kind": "connection"') == 1, within=WITHIN)
    with pest.secure() as connection:
        connection.sendall(noise + b"\r\n\r\n")
        heard(connection)
    assert eventually(lambda: pest.lines('"kind": "bad-request"') == 1, within=WITHIN)
    with pest.secure() as connection:
        head = f"POST /authz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(noise)}\r\n\r\n"
        connection.sendall(head.encode() + noise)
        assert heard(connection).startswith(b"HTTP/1.1 200 ")
    assert eventually(lambda: pest.lines('"kind": "bad-request"') == 2, within=WITHIN)


@matrix(mode="setuid", authority="argus")
@pytest.mark.parametrize("form", ["announced", "chunked"])
def test_a_body_of_a_gigabyte_is_not_read(pest, form):
    """1 MiB is what a question may have (our choice): 413 or the end of the connection, long before a gigabyte."""
    framing = f"Content-Length: {GIGABYTE}" if form == "announced" else "Transfer-Encoding: chunked"
    piece = b"A" * (1 << 16)
    sent = 0
    with pest.secure() as connection:
        connection.sendall(f"POST /authz HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n".encode())
        with contextlib.suppress(OSError):
            while sent < GIGABYTE:
                connection.sendall(piece if form == "announced" else b"10000\r\n" + piece + b"\r\n")
                sent += len(piece)
        assert heard(connection)[:13] in (b"HTTP/1.1 413 ", b"")
    assert sent < 64 << 20
    assert eventually(lambda: pest.lines('"status": 413') == 1, within=WITHIN)


@matrix(mode="setuid", authority="argus")
def test_clients_that_take_their_time_keep_nobody_else_from_being_answered(pest, world):
    """Slow-loris: hundreds of requests a byte at a time; others are answered meanwhile (our choice)."""
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(pest.secure()) for _ in range(SLOW)]
        for byte in b"POST /a":
            for connection in slow:
                connection.sendall(bytes([byte]))
        began = time.monotonic()
        assert all(well(each) for each in sights(world))
        assert time.monotonic() - began < 2


@matrix(mode="setuid", authority="argus")
def test_ten_thousand_connections_are_let_go_again(pest, world):
    """More than it takes at a time: the rest is turned away, and afterwards all is as before (our choice)."""
    command = ["python3", "-c", CROWD, pest.address[0], str(PORT), str(MANY)]
    assert int(world.pilot.execute(command, 30)) == MANY
    assert pest.lines('"kind": "full"') > 0
