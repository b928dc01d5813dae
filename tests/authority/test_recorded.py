"""The recorded requests, byte by byte as they were on the wire, to a running service."""

import base64
import http.client
import json
import socket
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from lxml import etree

from testbed.authority.hessian import List, Map
from testbed.authority.hessian_reader import decode
from testbed.authority.running import LOOPBACK
from testbed.authority.saml import CONTEXT, SOAP
from tests.authority import vector
from tests.authority.served import Served, served

ALICE = "/DC=org/DC=testbed/O=People/CN=Alice Archer"
WN = "http://authz-interop.org/xacml/resource/resource-type/wn"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("authority")) as running:
        yield running


def sent(port: int, message: bytes) -> tuple[int, bytes]:
    """Status and body of what comes back."""
    with socket.create_connection((LOOPBACK, port), timeout=10) as connection:
        connection.sendall(message)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, response.read()


def post(service: Served, path: str, body: bytes) -> tuple[int, bytes]:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return sent(service.ports["grid"], head.encode() + body)


def lines(service: Served, since: int) -> list[dict[str, object]]:
    return [json.loads(line) for line in service.log.since(since)]


def test_pepcli_is_answered(service: Served) -> None:
    """No rule is for the resource that it asked about; lines of 64 characters and the content type are as recorded."""
    before = service.log.last
    status, body = sent(service.ports["argus"], vector.read("argus-request-http.hex"))
    response = decode(base64.b64decode(body, validate=True))
    assert status == 200
    assert isinstance(response, Map)
    assert isinstance(response.fields["results"], List)
    (result,) = response.fields["results"].items
    assert isinstance(result, Map)
    assert (result.fields["decision"], result.fields["resourceId"]) == (3, "http://example.org/wn")
    (line,) = lines(service, before)
    assert (line["face"], line["subject"], line["decision"]) == ("argus", "/O=Grid/CN=Jane_Doe", "NotApplicable")


def test_the_globus_client_is_answered(service: Served) -> None:
    """At the path of SCAS; the recorded one was that of a test server."""
    message = vector.read("scas-request.http").replace(b"/wsrf/services/XACML ", b"/ ", 1)
    status, answer = sent(service.ports["grid"], message)
    assert status == 500
    assert etree.fromstring(answer).findtext(f".//{{{SOAP}}}Fault/faultstring") == "no rule applies"


def test_gums_is_asked_with_the_recorded_query_of_a_worker_node(service: Served) -> None:
    before = service.log.last
    body = vector.read("scas-request-wn.xml").replace(b"/O=Grid/CN=Jane Doe", ALICE.encode())
    status, answer = post(service, "/gums/services/GUMSXACMLAuthorizationServicePort", body)
    root = etree.fromstring(answer)
    assert (status, root.findtext(f".//{{{CONTEXT}}}Decision")) == (200, "Permit")
    assert root.xpath("//*[local-name()='AttributeAssignment']/text()") == ["alice001"]
    (line,) = lines(service, before)
    assert (line["subject"], line["account"], line["node"]) == (ALICE, "alice001", "wn1.example.org")


def test_lcmaps_rest_has_the_account_in_numbers(service: Served) -> None:
    head = f"GET /lcmaps/mapping/rest?subjectdn={quote(ALICE)} HTTP/1.1\r\nHost: x\r\n\r\n"
    status, body = sent(service.ports["plain"], head.encode())
    posix = {"uid": {"id": 5001}, "pgid": {"id": 5000}}
    assert (status, json.loads(body)) == (200, {"lcmaps": {"mapping": {"posix": posix}}})


def test_every_evaluation_of_a_batch_is_decided_and_written_down(service: Served) -> None:
    before = service.log.last
    alice, eve = ({"type": "user", "id": name} for name in (ALICE, "/O=Grid/CN=Eve"))
    shared = {"action": {"name": "x"}, "resource": {"type": "node", "id": WN}}
    body = json.dumps({**shared, "evaluations": [{"subject": alice}, {"subject": eve}, {"subject": {}}]}).encode()
    status, answer = post(service, "/access/v1/evaluations", body)
    found = json.loads(answer)["evaluations"]
    assert (status, [each["decision"] for each in found]) == (200, [True, False, False])
    assert found[0]["context"]["account"]["user"] == "alice001"
    assert found[2]["context"]["error"]["status"] == 400
    assert [(line["kind"], line.get("subject")) for line in lines(service, before)] == [
        ("decision", ALICE),
        ("decision", "/O=Grid/CN=Eve"),
        ("bad-request", None),
    ]


def test_a_batch_stops_where_it_is_told_to(service: Served) -> None:
    before = service.log.last
    eve = {"subject": {"type": "user", "id": "CN=Eve"}, "action": {"name": "x"}, "resource": {"type": "node", "id": WN}}
    body = eve | {"options": {"evaluations_semantic": "deny_on_first_deny"}, "evaluations": [{}, {}]}
    _, answer = post(service, "/access/v1/evaluations", json.dumps(body).encode())
    assert len(json.loads(answer)["evaluations"]) == 1
    assert len(lines(service, before)) == 1
