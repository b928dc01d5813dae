"""A pilot does not trust its VO: what makes no sense ends it with 1, what would lead elsewhere is not laid out."""

import itertools
import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from testbed.node.agent.connection import Connection, whole_within
from testbed.node.agent.notes import Notes
from testbed.node.agent.orders import Orders
from testbed.node.agent.problems import OrdersProblem
from testbed.pilot.payload import Payload, decode, encode
from tests.pilot import tars
from tests.pilot.conftest import Grid
from tests.pilot.rubbish_vo import NOTHING, RubbishVo, Speak, answer, plain

RUNS = Payload("alice", ("/bin/sh", "-c", "find . -mindepth 1 -printf '%m\n'; exit 7")).json()
GIGABYTE = 1 << 30


def payload(**parts: object) -> bytes:
    """An answer with a payload that is good but for these parts."""
    return answer({"payload": {**RUNS, "id": "payload-1", "proxy": "a proxy", **parts}})


def endless(head: bytes, piece: bytes) -> Speak:
    """A head, then a gigabyte of pieces, or as many as the other side takes."""

    def speak(connection: ssl.SSLSocket) -> None:
        connection.sendall(head)
        for _ in range(GIGABYTE // len(piece)):
            connection.sendall(piece)

    return speak


def cut_off(said: bytes) -> Speak:
    """Some words, and then the end of the connection."""

    def speak(connection: ssl.SSLSocket) -> None:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_RDWR)

    return speak


RUBBISH: dict[str, bytes | Speak] = {
    "no HTTP": b"\0\1\2 rubbish\r\n\r\n",
    "nothing": cut_off(b""),
    "half a head": cut_off(b"HTTP/1.1 200 OK\r\nConte"),
    "headers without end": endless(b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 60_000 + b"\r\n"),
    "no JSON": plain(b"{"),
    "a list": answer([]),
    "too deep": plain(b"[" * 100_000),
    "a problem": answer({"problem": {"what": "no\nlog of yours\x1b[2J"}}),
    "an announced gigabyte": endless(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIGABYTE, b"x" * 65536),
    "a gigabyte in pieces": endless(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"
    ),
    "a length below zero": cut_off(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"),
    "a payload that is a list": answer({"payload": [1]}),
    "no payload, but not None": answer({"payload": ""}),
    "an id that is a path": payload(id="../../x"),
    "an id that is absolute": payload(id="/etc/x"),
    "the id of the pilot's own proxy": payload(id="pilot"),
    "an id of two lines": payload(id="payload-1\n"),
    "no command": payload(argv=[]),
    "a NUL in the command": payload(argv=["/bin/echo", "a\0b"]),
    "a command that is no text": payload(argv=["/bin/echo", "\ud800"]),
    "a NUL in an output's name": payload(outputs=["a\0b"]),
    "an attribute that is no text": payload(fqans=["\ud800"]),
    "a user of two lines": payload(user="alice\nbob"),
    "no number": payload(limit=float("nan")),
    "no end": payload(limit=float("inf")),
    "no number that fits": payload(limit=10**400),
    "a limit below zero": payload(limit=-1),
    "a proxy that is no text": payload(proxy="\ud800"),
    "input that is no base64": payload(stdin="x"),
}


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Where pilots work."""
    folder = tmp_path / "room"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("case", RUBBISH)
def test_a_pilot_whose_vo_makes_no_sense_ends_with_1_and_leaves_nothing(grid: Grid, room: Path, case: str) -> None:
    ended = RubbishVo(grid, itertools.repeat(RUBBISH[case])).met(room)
    assert ended.code == 1, ended.err
    (line,) = ended.err.splitlines()
    assert line.startswith("pilot: the VO gives no answer: ")
    assert line.isprintable()
    assert len(line) < 700
    assert ended.reports == []
    assert list(room.iterdir()) == []


def series(archives: Iterator[bytes]) -> Iterator[bytes]:
    """A payload for each sandbox, then no more."""
    for number, archive in enumerate(archives, 1):
        yield payload(id=f"payload-{number}", sandbox=encode(archive))
    yield answer(NOTHING)


def test_no_sandbox_leads_a_pilot_elsewhere_whatever_its_vo_has_let_in(grid: Grid, room: Path) -> None:
    ended = RubbishVo(grid, series(make() for make, _ in tars.BAD.values())).met(room)
    assert ended.code == 0, ended.err
    last = {report["payload"]: report for report in ended.reports}
    told = {name: last[f"payload-{number}"] for number, name in enumerate(tars.BAD, 1)}
    documented = {name: "ended" if name in tars.HARMLESS else "returned" for name in tars.BAD}
    assert {name: report["state"] for name, report in told.items()} == documented
    for name, report in told.items():
        if name in tars.HARMLESS:
            assert set(decode(report["out"]).split()) <= {b"755", b"644"}, name
        else:
            assert report["why"].startswith("its sandbox could not be unpacked: "), name
    assert {path.name for path in room.parent.rglob("*")} <= {"room", "notes.json"}
    assert not Path("/etc/cron.d/x").exists()


def test_a_payload_of_a_vo_that_then_makes_no_sense_is_ended(grid: Grid, room: Path) -> None:
    """It has run to its end; only what its pilot was to do next makes no sense."""
    ended = RubbishVo(grid, iter([payload(), plain(b"{"), plain(b"{")])).met(room)
    assert ended.code == 1
    assert [(report["state"], report["code"]) for report in ended.reports][-1] == ("ended", 7)
    assert list(room.iterdir()) == []


def test_the_end_of_a_payload_is_said_again_to_a_vo_that_could_not_keep_it(grid: Grid, room: Path) -> None:
    ended = RubbishVo(grid, iter([payload(), answer(NOTHING)]), full=2).met(room)
    assert (ended.code, ended.reports[-1]["state"], ended.reports[-1]["code"]) == (0, "ended", 7)


def test_an_answer_that_comes_a_byte_at_a_time_is_given_up_in_time() -> None:
    """Each byte is in time for the socket's own limit; all of them are not."""
    here, there = socket.socketpair()
    here.settimeout(5)
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.02):
            there.send(b"x")

    dripping = threading.Thread(target=drip)
    with here, there:
        dripping.start()
        began, heard = time.monotonic(), 0
        with whole_within(here, 0.2):
            while said := here.recv(1):
                heard += len(said)
        over.set()
        dripping.join()
    assert heard > 1
    assert 0.1 < time.monotonic() - began < 3


def test_a_handshake_that_comes_a_byte_at_a_time_is_given_up_in_time(
    grid: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a payload runs its time limit would else wait for it."""
    monkeypatch.setattr("testbed.node.agent.connection.WHOLE_ANSWER_LIMIT", 0.2)
    over = threading.Event()

    def drip(listening: socket.socket) -> None:
        taken, _ = listening.accept()
        with taken:
            taken.sendall(b"\x16\x03\x03\x3f\x00")  # a record of TLS that is announced to be long
            while not over.wait(0.02):
                taken.send(b"x", socket.MSG_NOSIGNAL)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=(listening,), daemon=True)
        dripping.start()
        ca = grid.authority.identity.certificate_pem.decode()
        orders = SimpleNamespace(ca=ca, address="127.0.0.1", port=listening.getsockname()[1], host="pilot")
        guard = threading.Timer(5, over.set)
        guard.start()
        began = time.monotonic()
        with pytest.raises(ssl.SSLError):
            Connection(orders, grid.folder / "proxies" / "pilot.pem").connect()
        over.set()
        guard.cancel()
    assert 0.1 < time.monotonic() - began < 3


def directory(path: Path) -> None:
    path.mkdir()


NOTES = {
    "a pipe": os.mkfifo,
    "a folder": directory,
    "no text": lambda path: path.write_bytes(b"\xff"),
    "too deep": lambda path: path.write_text("[" * 4000),
    "too long": lambda path: path.write_text('{"worked": 1,' + " " * 5000 + '"runs": 0}'),
    "no number": lambda path: path.write_text('{"worked": 1, "runs": 1e999}'),
}


@pytest.mark.parametrize("case", NOTES)
def test_what_a_payload_of_the_pilots_account_has_written_there_stops_no_pilot(tmp_path: Path, case: str) -> None:
    """In log-only a payload can put anything in the place of the pilots' notes; what they then know is nothing."""
    NOTES[case](tmp_path / "notes")
    with Notes(tmp_path / "notes").held() as seen:
        assert (seen.worked, seen.runs) == (None, None)


def test_what_a_pilot_is_ordered_is_looked_at() -> None:
    for orders in (b"", b"[]", b"{", b"[" * 100_000, json.dumps({"mode": "none"}).encode()):
        with pytest.raises(OrdersProblem):
            Orders.parse(orders)


def test_a_vo_that_is_slow_to_answer_does_not_let_a_payload_run_on(grid: Grid, tmp_path: Path) -> None:
    """It has half a second to run, and the VO takes three to hear that it has started."""
    stamps, where = tmp_path / "stamps", tmp_path / "work"
    where.mkdir()
    script = f"while :; do date +%s.%N >>{stamps}; sleep 0.05; done"
    given = payload(argv=["/bin/sh", "-c", script], limit=0.5)
    ended = RubbishVo(grid, iter([given, answer(NOTHING)]), slow=3.0).met(where)
    times = [float(line) for line in stamps.read_text().splitlines()]
    assert ended.code == 0, ended.err
    assert (ended.reports[-1]["state"], ended.reports[-1]["code"]) == ("hung", None)
    assert times[-1] - times[0] < 2.5


@pytest.mark.parametrize(
    "orders",
    [
        {"slots": 0},
        {"slots": -1},
        {"slots": 1000},
        {"limit": float("nan")},
        {"limit": float("inf")},
        {"limit": 0},
        {"start_limit": float("nan")},
        {"call_limit": -1.0},
        {"retry_delay": float("nan")},
        {"retries": -1},
    ],
    ids=str,
)
def test_orders_without_sense_are_not_followed(grid: Grid, tmp_path: Path, orders: dict[str, object]) -> None:
    """NaN is neither below nor above any limit, and a pilot with no worker would end well without a word."""
    where = tmp_path / "work"
    where.mkdir()
    ended = RubbishVo(grid, iter([answer(NOTHING)])).met(where, **orders)
    assert (ended.code, ended.reports) == (2, [])
    assert next(iter(orders)).replace("slots", "payloads at once").replace("retry_delay", "retries") in ended.err
