"""A queue that is fed with rubbish: each piece is told what is wrong with it, nothing is lost, nothing of it is run.

The VO is the world's own: a container, real TLS, real proxies. Words and bounds are our choice; every single case
is in tests/pilot (test_bad_payload, test_bad_http, test_bad_proxy, test_bad_pilot).
"""

import base64
import contextlib
import gzip
import http.client
import io
import json
import re
import socket
import tarfile
import time

import pytest

from testbed.credentials.zoo import Zoo
from testbed.pilot.client import Vo
from testbed.pilot.payload import Payload
from testbed.pilot.tls import client_context
from testbed.plugin import matrix, shows

WITHIN = 10.0
GIGABYTE = 1 << 30
LARGEST = 256 << 20
"""Bytes of memory that the VO may have. Seen: 52 MiB at rest, 112 after all of this."""
IDLE, SLOW = 2000, 100
RUBBISH = {"user": "alice", "argv": ["/usr/bin/printf", "rubbish"]}


class Feeder:
    """Says what the VO's own client would not say, as whoever has a proxy."""

    def __init__(self, world):
        self._world = world
        self._authorities = world.grid.read("authority/ca.cert.pem")
        self.address = (world.pilot.address, 8443)

    def proxy(self, who):
        """The proxy of somebody of the grid."""
        return self._world.grid.read(self._world.grid.bearer(who).file)

    def client(self, proxy):
        """The VO's own client, as whoever has this proxy."""
        return Vo(self.address[0], proxy=proxy, authorities=self._authorities)

    def line(self, who="pilot"):
        """A connection after the handshake."""
        plain = socket.create_connection(self.address, timeout=WITHIN)
        return client_context(self.proxy(who), self._authorities.decode()).wrap_socket(plain, server_hostname="pilot")

    def posted(self, path, body, who="pilot"):
        """The status, and what is wrong, of one request."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        with self.line(who) as line:
            line.sendall(head(path, f"Content-Length: {len(data)}") + data)
            return answered(line)

    def memory(self):
        """The most bytes that the VO's process has had in memory, as /proc has it: a large piece goes back at once."""
        script = "for p in /proc/[0-9]*; do grep -lqs testbed.pilot $p/cmdline && cat $p/status; done; true"
        text = self._world.pilot.execute(["sh", "-c", script], 5).decode()
        return max(int(size) for size in re.findall(r"^VmHWM:\s+(\d+) kB", text, re.M)) * 1024


def head(path, *lines):
    """The head of a submission, or of another request."""
    return "".join(f"{line}\r\n" for line in (f"POST {path} HTTP/1.1", "Host: pilot", *lines, "")).encode()


def answered(line):
    """The status and the problem of the answer on a connection; nothing where it was cut."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        answer = http.client.HTTPResponse(line)
        answer.begin()
        return answer.status, json.loads(answer.read()).get("problem", {}).get("what", "")
    return None


def sandbox(name, **parts):
    """A tar of one member, as a payload has it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        for part, value in parts.items():
            setattr(member, part, value)
        archive.addfile(member)
    return {"sandbox": base64.b64encode(packed.getvalue()).decode()}


BOMB = {"sandbox": base64.b64encode(gzip.compress(bytes(1 << 26)) * 16).decode()}
NOT_LET_IN = "a sandbox with a member that is not let in"
PAYLOADS = {
    "nobody's": ({"user": "nobody"}, "the VO holds no proxy of this user"),
    "without a command": ({"argv": []}, "a payload needs a command"),
    "with a NUL": ({"argv": ["a\0b"]}, "a payload needs a command"),
    "of a million words": ({"argv": ["x"] * 1_000_000}, "a command that is too long"),
    "of a role that its owner has not": ({"roles": ["admin"]}, "this user's proxy does not have this role"),
    "of another VO": ({"vo": "gamma"}, "this user is not of this VO"),
    "for no time at all": ({"limit": -1}, "a time limit is a number of seconds"),
    "that leads elsewhere": (sandbox("../rubbish"), NOT_LET_IN),
    "with a link": (sandbox("a", type=tarfile.SYMTYPE, linkname="/etc/shadow"), NOT_LET_IN),
    "with a device": (sandbox("a", type=tarfile.CHRTYPE), NOT_LET_IN),
    "with a set-id bit": (sandbox("a", mode=0o4755), NOT_LET_IN),
    "of a gigabyte by gzip": (BOMB, "a sandbox that is too large inside"),
}
BODIES = {
    "no JSON": b"{",
    "too deep": b"[" * 100_000,
    "two owners": b'{"user": "alice", "user": "bob", "argv": ["/usr/bin/printf", "rubbish"]}',
    "no number": b'{"user": "alice", "argv": ["/usr/bin/printf", "rubbish"], "limit": NaN}',
}
PROXIES = {
    "expired": "this proxy has expired",
    "unknown authority, same name": "a proxy that proves nothing",
    "foreign issuer": "this is somebody else's proxy",
    "no key": "a proxy without its key",
    "wrong key": "a proxy without its key",
    "no proxy": "this is the certificate itself",
    "garbage inside": "a proxy that cannot be read",
}
"""Of the zoo; each lasts as long from now as what the VO has lasts from when the grid was made, or has no time."""


@pytest.fixture
def feeder(world) -> Feeder:
    """Whoever feeds the VO."""
    return Feeder(world)


def fed_with_payloads(feeder):
    for name, (change, what) in PAYLOADS.items():
        assert feeder.posted("/payloads", RUBBISH | change) == (409, what), name
    for name, body in BODIES.items():
        assert feeder.posted("/payloads", body) == (400, "a request that is no JSON"), name


def fed_with_people(feeder, world):
    """Those who may not do what they ask for, and proxies that prove nothing."""
    robots, elses = "only the VO's robot may do this", "this is somebody else's"
    for path, body, what in (
        ("/next", {"pilot": "rubbish", "offer": {"mode": "none"}}, robots),
        ("/pilots", {}, robots),
        ("/payloads", RUBBISH, elses),
        ("/proxies/alice", {"pem": ""}, elses),
    ):
        assert feeder.posted(path, body, who="bob") == (403, what)
    zoo = Zoo.of(world.grid)
    for member, what in PROXIES.items():
        body = {"pem": zoo.pem(member).decode()}
        assert feeder.posted("/proxies/alice", body) == (409, what), member
    assert not feeder.client(zoo.pem("unknown authority, same name")).ready(limit=2)


def fed_with_masses(feeder):
    """Gigabytes, and crowds that say nothing or little."""
    piece = b"A" * (1 << 16)
    for framing, form in (("Content-Length: 1073741824", b"%s"), ("Transfer-Encoding: chunked", b"10000\r\n%s\r\n")):
        sent = 0
        with feeder.line() as line:
            line.sendall(head("/payloads", framing))
            with contextlib.suppress(OSError):
                while sent < GIGABYTE:
                    line.sendall(form % piece)
                    sent += len(piece)
            assert answered(line) in (None, (413, "a request without a length, or too large"))
        assert sent < 64 << 20
    with contextlib.ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(socket.create_connection(feeder.address, WITHIN))
        for _ in range(SLOW):
            stack.enter_context(feeder.line("bob")).sendall(head("/payloads", "Content-Length: 100") + b"{")
        began = time.monotonic()
        assert feeder.posted("/payloads", {})[0] == 409
        assert time.monotonic() - began < 5


@shows("R2", "R9")
@matrix(mode="setuid")
def test_a_queue_that_is_fed_with_rubbish_loses_nothing_and_runs_nothing_of_it(pilot, feeder, world, expect, records):
    """Clear errors, nothing lost, nothing run; a payload from before and one from afterwards run as if nothing was."""
    kept = Payload("alice", ("/usr/bin/printf", "kept"), slot=pilot.slot())
    before = pilot.vo.submit(kept)
    known, history = {line.ident for line in pilot.vo.list()}, pilot.vo.history(before)
    fed_with_payloads(feeder)
    fed_with_people(feeder, world)
    fed_with_masses(feeder)
    assert {line.ident for line in pilot.vo.list()} == known
    assert pilot.vo.history(before) == history
    after = pilot.run("/usr/bin/printf after")
    ended = pilot.end_of(before, pilot.vo.start_pilot(pilot.order(kept.slot)))
    assert (after, ended) == (expect, expect)
    assert (after.out, ended.out, ended.account) == ("after", "kept", after.account)
    commands = [each.command for each in records(2)]
    assert [word for word in ("after", "kept") if any(word in each for each in commands)] == ["after", "kept"]
    assert not any("rubbish" in each for each in commands)
    assert feeder.memory() < LARGEST
