"""The VO's HTTPS face: who may speak with it, and what it does not take."""

import http.client
import json
import socket
import ssl

import pytest

from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Identity
from testbed.credentials.proxy import make_proxy
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot import client
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload
from testbed.pilot.tls import client_context
from tests.pilot.conftest import Grid, Side

ID = Payload("alice", ("/usr/bin/id",))


def test_the_vos_robot_is_heard(side: Side) -> None:
    assert side.vo.ready(limit=5)


def test_another_user_of_the_same_grid_is_not(side: Side) -> None:
    with pytest.raises(Problem, match="no answer"):
        side.caller(side.stranger).submit(ID)


def test_a_proxy_of_the_robots_proxy_is_its_robots(side: Side, grid: Grid) -> None:
    robot = grid.authority.person("Robot - pilot factory")
    assert side.caller(make_proxy(make_proxy(robot)).pem).ready(limit=5)


def test_who_merely_has_a_name_like_a_proxys_of_the_robot_is_somebody_else(side: Side, grid: Grid) -> None:
    impostor: Identity = grid.authority.person("Robot - pilot factory/CN=12345")
    with pytest.raises(Problem, match="no answer"):
        side.caller(make_proxy(impostor).pem).submit(ID)


def test_a_robot_of_another_authority_is_a_stranger(side: Side) -> None:
    robot = Authority.new().person("Robot - pilot factory")
    with pytest.raises(Problem, match="no answer"):
        side.caller(make_proxy(robot).pem).submit(ID)


def test_who_shows_no_certificate_is_not_heard(side: Side) -> None:
    context = ssl.create_default_context(cadata=side.ca.decode())
    with (
        socket.create_connection(("127.0.0.1", side.port), 5) as plain,
        context.wrap_socket(plain, server_hostname="pilot") as connection,
        pytest.raises(OSError, match=r"certificate required|reset"),
    ):
        # With TLS 1.3 the client hears only now that it was refused.
        connection.recv(100)


def test_somebody_who_only_connects_keeps_nobody_waiting(side: Side) -> None:
    with socket.create_connection(("127.0.0.1", side.port), 5):
        assert side.vo.ready(limit=2)


def raw(side: Side, method: str, path: str, body: bytes | None, length: str = "") -> tuple[int, str]:
    """One request as it stands."""
    proxy = side.vo._context
    connection = client._Connection("127.0.0.1", side.port, proxy, 5)
    try:
        connection.putrequest(method, path)
        if length or body is not None:
            connection.putheader("Content-Length", length or str(len(body or b"")))
        connection.endheaders(body)
        response: http.client.HTTPResponse = connection.getresponse()
        return response.status, json.loads(response.read())["problem"]["what"]
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/payloads", b"{", 400),
        ("POST", "/payloads", b"[]", 400),
        ("POST", "/payloads", b"\xff", 400),
        ("POST", "/payloads", b"{}", 409),
        ("POST", "/payloads", b'{"user": "alice", "argv": []}', 409),
        ("POST", "/payloads", b'{"user": "alice", "argv": ["/x"], "limit": 1e9}', 409),
        ("POST", "/payloads", b'{"user": "alice", "argv": ["/x"], "stdin": "?"}', 409),
        ("POST", "/pilots", b'{"mode": "setiud"}', 409),
        ("POST", "/next", b'{"pilot": "pilot-99"}', 409),
        ("POST", "/reports", b'{"payload": "payload-1"}', 409),
        ("POST", "/nothing", b"{}", 404),
        ("GET", "/payload", None, 404),
        ("GET", "/payloads/payload-99?limit=1", None, 409),
        ("GET", "/payloads/payload-99?limit=x", None, 409),
        ("GET", "/payloads/payload-99?limit=-1", None, 409),
        ("GET", "/payloads/payload-99?limit=1&until=never", None, 409),
        ("GET", "/pilots/pilot-99?limit=1", None, 409),
        ("GET", "/../etc/passwd", None, 404),
    ],
)
def test_what_makes_no_sense_is_answered_and_not_obeyed(
    side: Side, method: str, path: str, body: bytes | None, status: int
) -> None:
    assert raw(side, method, path, body)[0] == status
    assert side.vo.ready(limit=5)


@pytest.mark.parametrize(("length", "status"), [("99999999", 413), ("-1", 400), ("x", 400)])
def test_a_body_beyond_the_limit_is_not_read(side: Side, length: str, status: int) -> None:
    assert raw(side, "POST", "/payloads", b"", length)[0] == status


def test_a_user_without_a_proxy_is_named_at_once(side: Side) -> None:
    with pytest.raises(Problem, match="holds no proxy") as raised:
        side.vo.submit(Payload("alcie", ("/usr/bin/id",)))
    assert raised.value.remedy == "did you mean 'alice'?"


def test_a_vo_that_is_not_there_is_a_problem_and_not_ready(grid: Grid) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        proxy = grid.proxy("pilot")
        ca = grid.authority.identity.certificate_pem
        vo = client.Vo("127.0.0.1", proxy=proxy, authorities=ca, port=closed.getsockname()[1])
        assert vo.ready(limit=1) is False
        with pytest.raises(Problem, match="the VO gives no answer"):
            vo.start_pilot(Order(Mode.NONE))


def test_a_client_does_not_speak_with_another_authoritys_vo(side: Side) -> None:
    other = Authority.new()
    context = client_context(
        make_proxy(other.person("Robot - pilot factory")).pem, other.identity.certificate_pem.decode()
    )
    with socket.create_connection(("127.0.0.1", side.port), 5) as plain, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(plain, server_hostname="pilot")
