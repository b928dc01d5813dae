"""What bad clients cost: one line in the log, bounded time, bounded memory; the service goes on."""

import contextlib
import random
import re
import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from testbed.authority.tls import LASTS, Contexts
from testbed.authority.trust import Trust
from testbed.lab.wait import eventually
from tests.authority.live import Live, folder, running

LIMITS = """
[limits]
handshake = 0.5
read = 0.5
idle = 0.5
connections = 60
body = 100000
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running(folder(tmp_path_factory.mktemp("authority"), LIMITS)) as live:
        yield live


@pytest.fixture
def live(service: Live) -> Iterator[Live]:
    service.control("POST", "/reset")
    yield service
    got = service.ask()
    assert got.status == 200
    assert service.log()[-1]["decision"] == "Permit"


def plain(live: Live, port: str = "argus", limit: float = 5.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", live.ports[port]), timeout=limit)


def rest_of(connection: socket.socket) -> bytes:
    """Everything until the end, whichever way it comes."""
    came = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while part := connection.recv(65536):
            came += part
    return came


def test_random_bytes_instead_of_tls_are_one_line_each(live: Live) -> None:
    source = random.Random(1)
    for size in (1, 100, 5000):
        with plain(live) as connection:
            connection.sendall(source.randbytes(size))
            connection.shutdown(socket.SHUT_WR)
            rest_of(connection)
    lines = live.log()
    assert [line["kind"] for line in lines] == ["connection"] * 3
    assert all(line["problem"] for line in lines)


@pytest.mark.parametrize(
    "request_",
    [
        b"\0\1\2\3 nonsense\r\n\r\n",
        b"POST /authz HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /authz HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /authz HTTP/1.1\r\n" + b"X: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /authz HTTP/1.1\r\n" + b"".join(b"X%d: 1\r\n" % n for n in range(5000)) + b"\r\n",
    ],
    ids=["no-http", "negative-length", "two-lengths", "long-header", "long-path", "many-headers"],
)
def test_bad_http_is_refused_in_one_line(live: Live, request_: bytes) -> None:
    with live.connect() as connection:
        connection.sendall(request_)
        assert re.match(rb"HTTP/1\.[01] 4\d\d ", rest_of(connection))
    (line,) = live.log()
    assert (line["kind"], line["status"] // 100) == ("bad-request", 4)


def test_a_head_without_end_is_cut(live: Live) -> None:
    before, sent = live.memory(), 0
    with live.connect() as connection, contextlib.suppress(OSError):
        connection.sendall(b"POST /authz HTTP/1.1\r\nHost: x\r\n")
        while sent < 1_000_000_000:
            connection.sendall(b"X: 1\r\n" * 10_000)
            sent += 60_000
    assert sent < 20_000_000
    assert live.memory() - before < 20
    assert [line["kind"] for line in live.log()] == ["bad-request"], live.log()


def test_no_question_of_the_face_is_one_line_and_the_faces_apology(live: Live) -> None:
    got = live.ask(random.Random(2).randbytes(1000))
    assert got.status == 200
    (line,) = live.log()
    assert (line["kind"], line["face"]) == ("bad-request", "argus")


def test_a_name_longer_than_any_real_one_is_refused_and_not_kept(live: Live) -> None:
    before = live.memory()
    for number in range(100):
        assert live.ask(live.question(resource=f"{number}" + "x" * 70_000)).status == 200
    lines = live.log()
    assert {line["kind"] for line in lines} == {"bad-request"}
    assert len(lines) == 100
    assert live.memory() - before < 4


def test_no_such_path_is_404(live: Live) -> None:
    assert live.ask(path="/nothing").status == 404


def test_a_body_that_says_it_is_a_gigabyte_is_not_read(live: Live) -> None:
    with live.connect() as connection:
        connection.sendall(b"POST /authz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        assert rest_of(connection).startswith(b"HTTP/1.1 413 ")
    assert live.log()[-1]["status"] == 413


def test_a_body_that_does_not_say_so_is_cut(live: Live) -> None:
    before = live.memory()
    sent = 0
    with live.connect() as connection, contextlib.suppress(OSError):
        connection.sendall(b"POST /authz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        while sent < 1_000_000_000:
            connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            sent += 0x10000
    assert sent < 20_000_000
    assert live.memory() - before < 20
    assert live.log()[-1]["status"] == 413


@pytest.mark.parametrize(
    "said",
    [b"POST /authz HTT", b"POST /authz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nYWJ"],
    ids=["in-the-head", "in-the-body"],
)
def test_a_request_that_comes_too_slowly_is_ended(live: Live, said: bytes) -> None:
    started = time.monotonic()
    with live.connect() as connection:
        connection.sendall(said)
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            while connection.recv(65536):
                pass
    assert 0.4 < time.monotonic() - started < 2
    (line,) = live.log()
    assert line["kind"] == "bad-request"
    assert "time limit" in line["problem"]


def test_a_handshake_that_comes_too_slowly_is_ended(live: Live) -> None:
    started = time.monotonic()
    with plain(live) as connection:
        connection.sendall(b"\x16\x03\x01")
        rest_of(connection)
    assert 0.4 < time.monotonic() - started < 2
    assert "no handshake within the time limit" in live.log("connection")[-1]["problem"]


def test_a_kept_connection_that_says_nothing_more_is_ended(live: Live) -> None:
    with live.connect() as connection:
        connection.sendall(live.request())
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        started = time.monotonic()
        rest_of(connection)
        assert time.monotonic() - started < 3


def test_who_says_nothing_at_the_control_port_is_ended_there_too(live: Live) -> None:
    started = time.monotonic()
    with plain(live, "control") as silent, live.connect("control", proof=False) as greeted:
        assert (rest_of(silent), rest_of(greeted)) == (b"", b"")
    assert 0.4 < time.monotonic() - started < 3
    assert {line["port"] for line in live.log()} == {"control"}


def test_a_token_is_wanted_before_a_body_is_read(live: Live) -> None:
    with live.connect("control", proof=False) as connection:
        connection.sendall(b"POST /policy HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_more_connections_than_there_is_room_for_are_reset_and_those_inside_are_served(live: Live) -> None:
    live.control("PUT", "/fault", {"fault": "hang-after-accept"})
    held = [plain(live) for _ in range(60)]
    assert eventually(lambda: len(live.log("connection")) == 60, within=5)
    with pytest.raises((ConnectionResetError, BrokenPipeError, ssl.SSLError)):
        live.connect()
    assert live.log("full")
    live.control("DELETE", "/fault")
    for one in held:
        one.close()


def test_fifty_callers_at_once_are_all_answered(live: Live) -> None:
    """As many as there is room for here, asked before any answer is read; the bench has 2000."""
    connections = []
    for _ in range(50):  # each asks at once: the service waits for a question as long as it may, however busy we are
        connections.append(live.connect())
        connections[-1].sendall(live.request())
    assert all(connection.recv(12).startswith(b"HTTP/1.1 200") for connection in connections)
    for connection in connections:
        connection.close()
    assert [line["decision"] for line in live.log("decision")] == ["Permit"] * 50


def test_what_tls_keeps_of_connections_is_thrown_away_in_time(live: Live) -> None:
    grid = live.folder.grid
    trust = Trust(grid / "certificates", grid / "vomsdir")
    contexts = Contexts(grid / "hostcert.pem", grid / "hostkey.pem", live.folder.path / "tls", trust)
    first = contexts.get()
    assert all(contexts.get() is first for _ in range(LASTS - 1))
    assert contexts.get() is not first


def test_memory_stays_as_it_is_over_many_requests(live: Live) -> None:
    def some(number: int) -> None:
        with live.connect() as connection:
            for _ in range(number):
                connection.sendall(live.request())
                length = 0
                while b"\r\n\r\n" not in (came := connection.recv(65536)):
                    pass
                length = int(came.lower().split(b"content-length: ")[1].split()[0])
                came = came.partition(b"\r\n\r\n")[2]
                while len(came) < length:
                    came += connection.recv(65536)

    some(200)
    before = live.memory()
    for _ in range(4):
        some(200)
        live.control("POST", "/reset")
    assert live.memory() - before < 8
