"""What is no request at all, or one that two readers would understand differently: refused, bounded, forgotten."""

import contextlib
import dataclasses
import gzip
import json
import random
import socket
import ssl
import time
from collections.abc import Iterator, Mapping

import pytest

from testbed.pilot import server
from testbed.pilot.client import Vo
from testbed.pilot.payload import Payload, State, encode
from testbed.pilot.server import LARGEST, LIMITS, OWNERS_BODIES
from tests.pilot import tars
from tests.pilot.conftest import Grid, Side
from tests.pilot.raw import head, heard, line, posted, read, said
from tests.pilot.vo_process import VoProcess, running

GOOD = Payload("alice", ("/bin/true",))
BODY = json.dumps({"user": "alice", "argv": ["/bin/true"]}).encode()
GIGABYTE = 1 << 30
GROWTH = 128.0
"""MiB that the VO may grow by under what is thrown at it; 16 bodies of 8 MiB each may be read at a time. Seen: 54."""
IDLE = 2000


@pytest.fixture(scope="module")
def process(grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VoProcess]:
    with running(grid, tmp_path_factory.mktemp("process")) as made:
        yield made


@pytest.fixture
def bounded(process: VoProcess) -> Iterator[VoProcess]:
    """A VO that has a good payload before and takes one afterwards, hands out both, and has never grown."""
    before = process.vo.submit(GOOD)
    memory = process.memory
    yield process
    assert process.peak - memory < GROWTH
    after = process.vo.submit(GOOD)
    for number, ident in enumerate((before, after)):
        taken = process.vo._post("/next", {"pilot": f"{ident}-{number}", "offer": {"mode": "none"}})["payload"]
        assert taken["id"] == ident
    assert process.vo._post("/next", {"pilot": "one more", "offer": {"mode": "none"}}) == {"payload": None}


def request(*lines: str, body: bytes = BODY) -> bytes:
    """A submission with these lines for its head."""
    return "".join(f"{each}\r\n" for each in ("POST /payloads HTTP/1.1", "Host: pilot", *lines, "")).encode() + body


SHAPES: Mapping[str, bytes] = {
    "no HTTP": random.Random(1).randbytes(2000) + b"\r\n\r\n",
    "two lengths": request(f"Content-Length: {len(BODY)}", "Content-Length: 2"),
    "a list of lengths": request("Content-Length: 2, 2", body=b"{}"),
    "a length with a sign": request("Content-Length: +2", body=b"{}"),
    "a length below zero": request("Content-Length: -1", body=b""),
    "a length in hexadecimal": request("Content-Length: 0x2", body=b"{}"),
    "a length and pieces": request("Content-Length: 4", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + BODY),
    "pieces and a length": request("Transfer-Encoding: chunked", "Content-Length: 4", body=b"0\r\n\r\n" + BODY),
    "pieces of another name": request("Transfer-Encoding: xchunked", f"Content-Length: {len(BODY)}"),
    "pieces twice": request("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=b"0\r\n\r\n"),
    "a blank before the colon": request(f"Content-Length : {len(BODY)}"),
    "a folded header": request("Content-Length:", f" {len(BODY)}"),
    "bare line feeds": request(f"Content-Length: {len(BODY)}").replace(b"\r\n", b"\n"),
    "a NUL in a header": request(f"Content-Length: {len(BODY)}", "X: a\0b"),
    "a header without end": request("X: " + "x" * 100_000),
    "ten thousand headers": request(*(f"X{n}: 1" for n in range(10_000))),
    "a path without end": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    "another protocol": b"POST /payloads HTTPS/1.1\r\n\r\n",
    "a version from the future": b"POST /payloads HTTP/9.9\r\n\r\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_no_request_is_answered_once_and_nothing_in_it_is_done(standing: Side, shape: str) -> None:
    before = [each.ident for each in standing.vo.list()]
    with line(standing.vo) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(SHAPES[shape] + request(f"Content-Length: {len(BODY)}"))
        answer = heard(connection)
    assert answer.count(b"HTTP/1.") == 1
    got = read(answer)
    assert (got.status // 100, got.problem["what"]) == (4, "bad request")
    assert [each.ident for each in standing.vo.list()] == before


@pytest.mark.parametrize(
    ("sent", "status", "what"),
    [
        (head("POST", "/payloads", "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n", 413, "without a length"),
        (head("POST", "/payloads"), 413, "without a length"),
        (head("POST", "/payloads", f"Content-Length: {LARGEST + 1}"), 413, "too large"),
        (posted("/payloads", gzip.compress(BODY), "Content-Encoding: gzip"), 400, "no JSON"),
        (head("GET", "/payloads?" + "&".join(f"a{n}=1" for n in range(30))), 400, "a query that cannot be read"),
        (head("GET", "/payloads?waiting=yes&waiting=no"), 400, "a query that cannot be read"),
        (head("GET", "/payloads?waitign=yes"), 409, "cannot have this key"),
        (head("GET", "/payloads/payload-1?limit=nan"), 409, "no such payload"),
        (head("GET", "//["), 404, "no such request"),
        (head("GET", "/payloads/../proxies"), 404, "no such request"),
        (head("GET", "/payloads/%2e%2e"), 404, "no such request"),
        (head("DELETE", "/payloads/payload-1"), 404, "no such request"),
        (head("OPTIONS", "*"), 404, "no such request"),
        (head("CONNECT", "pilot:22"), 404, "no such request"),
    ],
    ids=lambda value: value.partition(b" HTTP")[0].decode()[:40] if isinstance(value, bytes) else "",
)
def test_a_request_for_what_there_is_not_is_told_so(standing: Side, sent: bytes, status: int, what: str) -> None:
    got = said(standing.vo, sent)
    assert got.status == status
    assert what in got.problem["what"]


def test_what_follows_a_request_in_its_body_is_no_request(standing: Side) -> None:
    inside = request(f"Content-Length: {len(BODY)}")
    with line(standing.vo) as connection:
        connection.settimeout(1)
        connection.sendall(head("GET", "/ready", f"Content-Length: {len(inside)}") + inside)
        answer = heard(connection)
    assert answer.count(b"HTTP/1.") == 1
    assert read(answer).answer == {"ready": True}
    assert list(standing.vo.list()) == []


def test_who_leaves_in_the_middle_of_a_request_has_asked_nothing(standing: Side) -> None:
    with line(standing.vo) as connection:
        connection.sendall(request(f"Content-Length: {len(BODY)}", body=BODY[:-1]))
    assert standing.vo.ready(limit=5)
    assert list(standing.vo.list()) == []


def test_a_body_that_does_not_come_in_time_is_given_up(standing: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LIMITS", dataclasses.replace(LIMITS, read=0.3))
    with line(standing.vo) as connection:
        connection.sendall(request(f"Content-Length: {len(BODY)}", body=BODY[:-1]))
        got = read(heard(connection))
    assert (got.status, got.problem["expected"]) == (408, "all of it within 0.3 s")
    assert list(standing.vo.list()) == []


@pytest.mark.parametrize("form", ["announced", "in pieces"])
def test_a_gigabyte_is_not_read(bounded: VoProcess, form: str) -> None:
    framing = f"Content-Length: {GIGABYTE}" if form == "announced" else "Transfer-Encoding: chunked"
    piece = b"A" * (1 << 16) if form == "announced" else b"10000\r\n" + b"A" * (1 << 16) + b"\r\n"
    sent = 0
    with line(bounded.vo) as connection:
        connection.sendall(head("POST", "/payloads", framing))
        with contextlib.suppress(OSError):
            while sent < GIGABYTE:
                connection.sendall(piece)
                sent += len(piece)
        assert heard(connection)[:13] in (b"HTTP/1.1 413 ", b"")
    assert sent < 64 << 20


def test_a_head_without_end_is_cut(bounded: VoProcess) -> None:
    sent = 0
    with line(bounded.vo) as connection, contextlib.suppress(OSError):
        connection.sendall(b"POST /payloads HTTP/1.1\r\nHost: x\r\n")
        while sent < GIGABYTE:
            connection.sendall(b"X: 1\r\n" * 10_000)
            sent += 60_000
    assert sent < 64 << 20


def test_sandboxes_that_would_become_gigabytes_cost_nothing(bounded: VoProcess) -> None:
    bombs = [encode(gzip.compress(bytes(1 << 28), 9)), encode(gzip.compress(tars.many() * 40))]
    for bomb in bombs * 3:
        got = said(bounded.vo, posted("/payloads", {"user": "alice", "argv": ["/x"], "sandbox": bomb}))
        assert got.problem["what"] in ("a sandbox that is too large inside", "a sandbox of too many files")


def test_thousands_that_only_connect_keep_nobody_waiting(bounded: VoProcess) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(socket.create_connection((bounded.vo.address, bounded.vo.port), 5))
        began = time.monotonic()
        assert bounded.vo.ready(limit=5)
        bounded.vo.list()
        assert time.monotonic() - began < 2


def dribbling(vo: Vo) -> ssl.SSLSocket:
    """A submission that has begun, of which the body does not come."""
    connection = line(vo)
    connection.sendall(request(f"Content-Length: {len(BODY)}", body=BODY[:1]))
    return connection


def test_an_owner_whose_requests_come_slowly_holds_up_nobody_else(bounded: VoProcess, grid: Grid) -> None:
    ca = grid.authority.identity.certificate_pem
    bob = Vo(bounded.vo.address, proxy=grid.proxy("bob"), authorities=ca, port=bounded.vo.port)
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(dribbling(bob)) for _ in range(20 * OWNERS_BODIES)]
        began = time.monotonic()
        ident = bounded.vo.submit(Payload("alice", ("/bin/true",), slot="elsewhere"))
        bounded.vo.stop(ident)
        assert time.monotonic() - began < 2
        assert bounded.vo.wait(ident, limit=1).state is State.CANCELLED
        slow[0].sendall(BODY[1:])
        assert b'"problem"' in slow[0].recv(4096)  # bob may not submit for alice


def test_what_was_thrown_at_it_is_a_line_each_at_most_and_no_line_is_endless(process: VoProcess) -> None:
    assert all(entry.isprintable() and len(entry) <= 2000 for entry in process.log)
    assert not any("internal error" in entry or "status 500" in entry for entry in process.log), process.log
