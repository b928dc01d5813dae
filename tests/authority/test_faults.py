"""Each fault of the service as a client feels it, and that it is gone the moment it is taken back."""

import base64
import contextlib
import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from testbed.authority.breakage import STAGES, Stage
from testbed.authority.sabotage import PAGE
from testbed.model.fault import Fault
from testbed.model.node_consequence import NODE_CONSEQUENCES
from tests.authority.live import Live, Refused, folder, running

SHORT = 0.4
"""Seconds after which a client of these tests gives up."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running(folder(tmp_path_factory.mktemp("authority"))) as live:
        yield live


@pytest.fixture
def live(service: Live) -> Iterator[Live]:
    service.control("POST", "/reset")
    yield service
    service.control("DELETE", "/fault")
    assert account(service.ask().body) == "alice001", "the fault is not gone"


def account(body: bytes) -> str:
    """The account of a Permit, found by itself: the codec is tested elsewhere."""
    text = base64.b64decode(body)
    return "alice001" if b"alice001" in text and b"decisionI\0\0\0\1" in text else ""


def length(came: bytes) -> int:
    """What a response says about its body."""
    return int(came.lower().split(b"content-length: ")[1].split()[0])


def test_a_service_without_faults_lets_alice_in(live: Live) -> None:
    got = live.ask()
    assert (got.status, account(got.body)) == (200, "alice001")
    (line,) = live.log("decision")
    dn = "/DC=org/DC=testbed/O=People/CN=Alice Archer"
    assert (line["asker"], line["subject"], line["verified"]) == (dn, dn, True)
    assert (line["decision"], line["account"], line["uid"], line["fault"]) == ("Permit", "alice001", 5001, "")
    assert line["status"] == 200
    assert line["ms"] > 0


def test_refused_is_a_port_at_which_nobody_listens(live: Live) -> None:
    live.put("refused")
    for port in ("argus", "grid", "rest", "plain"):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", live.ports[port]), timeout=SHORT)


def test_a_hang_before_accept_leaves_connections_to_the_kernel(live: Live) -> None:
    live.put("hang-before-accept")
    with pytest.raises(TimeoutError):
        live.connect(limit=SHORT)
    assert live.log("connection") == []  # nobody took it


def test_a_hang_after_accept_says_nothing(live: Live) -> None:
    live.put("hang-after-accept")
    with pytest.raises(TimeoutError):
        live.connect(limit=SHORT)
    assert [line["fault"] for line in live.log("connection")] == ["hang-after-accept"]


def test_a_hang_with_an_end_is_a_slow_service(live: Live) -> None:
    live.put("hang-after-accept", seconds=0.3)
    started = time.monotonic()
    assert account(live.ask().body) == "alice001"
    assert time.monotonic() - started >= 0.3


def test_a_hang_in_tls_stops_in_the_middle_of_the_servers_greeting(live: Live) -> None:
    live.put("hang-in-tls")
    with pytest.raises(TimeoutError):
        live.connect(limit=SHORT)
    heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = live.context().wrap_bio(heard, said, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    with socket.create_connection(("127.0.0.1", live.ports["argus"]), timeout=SHORT) as connection:
        connection.sendall(said.read())
        heard.write(connection.recv(65536))
        with pytest.raises(ssl.SSLWantReadError):  # it is a greeting, and not all of it
            client.do_handshake()
        with pytest.raises(TimeoutError):
            connection.recv(1)


@pytest.mark.parametrize(
    ("fault", "parameters", "ending"),
    [
        ("hang-in-body", {}, "silence"),
        ("reset", {}, "reset"),
        ("half-close", {"below": True}, "end below TLS"),
        ("half-close", {"below": False}, "end"),
    ],
)
def test_a_response_that_stops_in_its_body(live: Live, fault: str, parameters: dict[str, bool], ending: str) -> None:
    live.put(fault, **parameters)
    came, how = live.raw(SHORT)
    head, _, body = came.partition(b"\r\n\r\n")
    promised = length(came)
    assert how == ending
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(body) == promised // 2


def test_a_body_that_hangs_for_a_while_comes_in_the_end(live: Live) -> None:
    live.put("hang-in-body", seconds=0.2, bytes=10)
    assert account(live.ask().body) == "alice001"


def test_a_dribble_is_whole_for_who_waits_and_nothing_for_who_does_not(live: Live) -> None:
    live.put("dribble", seconds=0)
    assert account(live.ask().body) == "alice001"
    live.put("dribble", seconds=0.1)
    came, how = live.raw(SHORT)
    assert how == "silence"
    assert 1 <= len(came) <= 5


@pytest.mark.parametrize("status", [204, 302, 401, 404, 500, 503])
def test_a_status_other_than_200_comes_with_the_permit_in_its_body(live: Live, status: int) -> None:
    live.put(f"status-{status}")
    got = live.ask()
    assert got.status == status
    assert account(got.body) == ("" if status == 204 else "alice001")
    assert live.log("decision")[0]["fault"] == f"status-{status}"


def test_a_full_queue_answers_503_by_the_queues_own_rule(live: Live) -> None:
    live.put("queue-full")
    got = live.ask()
    assert got.status == 503
    assert b"requests are waiting" in got.body
    assert [line["kind"] for line in live.log()] == ["fault", "full"]


def test_empty_and_html_are_200(live: Live) -> None:
    live.put("empty")
    assert (live.ask().status, live.ask().body) == (200, b"")
    live.put("html")
    assert (live.ask().status, live.ask().body) == (200, PAGE)


def test_truncated_is_the_beginning_of_the_answer_with_the_length_that_is_there(live: Live) -> None:
    whole = base64.b64decode(live.ask().body)
    for parameters, length in (({}, len(whole) // 2), ({"at": 77}, 77), ({"at": 0}, 0)):
        live.put("truncated", **parameters)
        got = live.ask()
        assert base64.b64decode(got.body) == whole[:length]
        assert int(got.headers["Content-Length"]) == len(got.body)
    live.put("truncated", bytes=101)
    assert base64.b64encode(whole)[:101] == live.ask().body


def test_oversized_has_no_end_and_costs_the_service_nothing(live: Live) -> None:
    live.put("oversized")
    before = live.memory()
    with live.connect() as connection:
        connection.sendall(live.request())
        came = 0
        while came < 32 * 1024 * 1024:
            part = connection.recv(1024 * 1024)
            assert part
            came += len(part)
        assert live.memory() - before < 16


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("tls-expired", "certificate has expired"),
        ("tls-not-yet-valid", "certificate is not yet valid"),
        ("tls-wrong-name", "Hostname mismatch"),
        ("tls-unknown-ca", "self-signed certificate in certificate chain"),
        ("tls-self-signed", "self-signed certificate"),
        ("tls-old-protocol", "(?i)protocol.version"),
    ],
)
def test_a_service_that_cannot_be_believed(live: Live, fault: str, said: str) -> None:
    live.put(fault)
    with pytest.raises(ssl.SSLError, match=said):
        live.connect()
    assert live.log("connection")[0]["fault"] == fault


def test_the_old_protocol_is_really_spoken_to_who_would(live: Live) -> None:
    live.put("tls-old-protocol")
    context = live.context()
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", live.ports["argus"]), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        assert connection.version() == "TLSv1.1"


def test_a_client_that_is_refused_hears_it_from_tls(live: Live) -> None:
    live.put("tls-client-refused")
    with pytest.raises(ssl.SSLError, match="alert unknown ca"), live.connect() as connection:
        connection.recv(1)  # by TLS 1.3 a client hears it when it reads
    assert "client certificate refused" in live.log("connection")[-1]["problem"]


@pytest.mark.parametrize("how", ["status-500", "reset", "deny", "hang-in-tls"])
def test_flaky_fails_some_times_and_then_answers(live: Live, how: str) -> None:
    live.put("flaky", times=2, how=how)
    for _ in range(2):
        with contextlib.suppress(OSError):
            got = live.ask(limit=SHORT)
            assert got.status != 200 or account(got.body) == ""
    got = live.ask()
    assert (got.status, account(got.body)) == (200, "alice001")
    assert live.control("GET", "/fault")["left"] == 0


@pytest.mark.parametrize("fault", [fault for fault, stage in STAGES.items() if stage is Stage.ANSWER])
def test_a_fault_in_the_answer_is_in_the_log_where_its_face_has_it(live: Live, fault: Fault) -> None:
    good = live.ask().body
    live.put(fault)
    got = live.ask()
    line = live.log("decision")[-1]
    assert got.status == 200
    assert line["fault"] in (fault.value, "")
    assert (got.body != good) is (line["fault"] == fault) or fault is Fault.SECONDARY_GROUP_UNKNOWN


def test_a_fault_ends_connections_that_stand(live: Live) -> None:
    with live.connect() as connection:
        connection.sendall(live.request())
        came = connection.recv(65536)
        while b"\r\n\r\n" not in came or len(came.partition(b"\r\n\r\n")[2]) < length(came):
            came += connection.recv(65536)
        live.put("deny")
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            assert connection.recv(1) == b""


def test_a_fault_is_set_and_taken_back_within_20_ms_of_work(live: Live) -> None:
    live.put("hang-after-accept")
    held = [socket.create_connection(("127.0.0.1", live.ports["argus"])) for _ in range(50)]
    while len(live.log("connection")) < 50:
        pass
    assert live.control("POST", "/reset")["ms"] <= 20
    for one in held:
        with contextlib.suppress(ConnectionResetError):
            assert one.recv(1) == b""
        one.close()
    assert live.log() == []


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"fault": "status-502"}, "no such fault"),
        ({"fault": "link-down"}, "this fault does not stand in the service"),
        ({"fault": "reset", "speed": 1}, "a fault has no such parameter"),
        ({"fault": "reset", "times": "two"}, "a parameter of another kind"),
        ({"fault": "refused", "times": 2}, "nobody can count how often this happens"),
        ({"fault": "flaky", "how": "none"}, "no way to fail"),
        ({"fault": "flaky", "how": "refused"}, "nobody can count"),
        ({"fault": "half-close", "below": 1}, "a parameter of another kind"),
        ({}, "no such fault"),
    ],
)
def test_what_is_no_fault_is_said_and_nothing_changes(live: Live, body: dict[str, object], what: str) -> None:
    with pytest.raises(Refused, match=what) as refused:
        live.control("PUT", "/fault", body)
    assert refused.value.status == 409
    assert live.control("GET", "/fault")["fault"] == "none"


def mapping(live: Live, port: str) -> tuple[int, bytes]:
    """What lcmaps-rest says of Alice's name at one of its two ports, to somebody without a certificate."""
    with socket.create_connection(("127.0.0.1", live.ports[port]), timeout=SHORT * 5) as plain:
        dn = "/lcmaps/mapping/rest?subjectdn=%2FDC%3Dorg%2FDC%3Dtestbed%2FO%3DPeople%2FCN%3DAlice%20Archer"
        over = live.context(proof=False).wrap_socket(plain, server_hostname="localhost") if port == "rest" else plain
        over.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % dn.encode())
        came = b""
        while part := over.recv(65536):
            came += part
        over.close()
    return int(came.split()[1]), came.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("port", ["rest", "plain"])
def test_faults_are_those_of_every_face(live: Live, port: str) -> None:
    status, whole = mapping(live, port)
    assert (status, b'"id": 5001' in whole or b'"id":5001' in whole) == (200, True)
    live.put("status-503")
    assert mapping(live, port) == (503, whole)
    live.put("truncated")
    assert mapping(live, port) == (200, whole[: len(whole) // 2])
    live.put("hang-after-accept")
    with pytest.raises(TimeoutError):
        mapping(live, port)
    live.put("tls-expired")
    if port == "rest":
        with pytest.raises(ssl.SSLError, match="expired"):
            mapping(live, port)
    else:
        assert mapping(live, port) == (200, whole)


def test_ports_that_want_a_certificate_serve_nobody_without_one(live: Live) -> None:
    for port in ("argus", "grid"):
        with pytest.raises(ssl.SSLError, match="certificate required"), live.connect(port, proof=False) as connection:
            connection.recv(1)


def test_a_fault_whose_certificate_is_not_there_is_said(live: Live) -> None:
    there, away = live.folder.path / "tls/expired.pem", live.folder.path / "tls/away"
    there.rename(away)
    try:
        # What was read before is kept as long as nobody changes whom the service trusts.
        (live.folder.grid / "vomsdir/touched").write_text("")
        live.control("POST", "/reset")
        with pytest.raises(Refused, match="a certificate of the service cannot be used"):
            live.put("tls-expired")
        assert live.control("GET", "/fault")["fault"] == "none"
    finally:
        away.rename(there)


def test_every_fault_that_stands_in_the_service_is_known() -> None:
    elsewhere = {
        *("none", "no-config", "flaky", "crl-stale", "crl-missing", "syn-dropped", "answers-dropped", "link-down"),
        *("name-unknown", "name-slow", "first-down", "first-denies", "first-slow", "split-brain"),
    }
    elsewhere |= {fault.value for fault in NODE_CONSEQUENCES}
    assert {fault.value for fault in Fault} - {fault.value for fault in STAGES} == elsewhere
