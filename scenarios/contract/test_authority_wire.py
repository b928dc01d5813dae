"""The service on the wire, from a worker node: bytes that real clients sent, and what real clients rely on."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.authority.question import EXECUTE_NOW, WORKER_NODE
from testbed.faults.client import asking
from testbed.faults.reading import read
from testbed.lab.layout import NODE, SECURITY
from testbed.plugin import matrix

VECTORS = Path(__file__).parents[2] / "tests/authority/vectors"
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.S)
ARGUS, GRID = 8154, 8443
PERMIT, INDETERMINATE = "Permit", "Indeterminate"


@dataclass(frozen=True)
class Answer:
    """What came back of one exchange."""

    status: int
    headers: str
    body: bytes
    version: str
    error: str

    @property
    def decision(self) -> str:
        """In the words of XACML, or ``Fault``."""
        return read(self.body).decision


@pytest.fixture
def exchange(switch, world):
    """Send bytes from the node to the first endpoint; as the pilot, unless told another certificate or none."""
    name = world.authorities[0].name

    def send(data: bytes, port: int = ARGUS, **otherwise: str) -> Answer:
        order = {
            "name": name,
            "port": port,
            "capath": f"{SECURITY}/certificates",
            "certificate": switch.placed("pilot"),
            "bytes": base64.b64encode(data).decode(),
        }
        order = {key: value for key, value in (order | otherwise).items() if value}
        program = ["python3", f"{NODE}/probes/exchange.py"]
        told = json.loads(world.node.run(program, stdin=json.dumps(order).encode(), limit=10).text)
        head, _, body = base64.b64decode(told["bytes"]).partition(b"\r\n\r\n")
        status = re.match(rb"HTTP/1\.1 (\d+) ", head)
        return Answer(int(status[1]) if status else 0, head.decode(), body, told["version"], told["error"])

    return send


def post(path: str, body: bytes, *headers: str, method: str = "POST") -> bytes:
    """A request whose connection ends with it."""
    lines = [f"{method} {path} HTTP/1.1", "Host: authority", "Connection: close", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def recorded(name: str) -> bytes:
    """The request of a real client as it stood on the wire, but for the end of its connection."""
    data = (VECTORS / name).read_bytes()
    if name.endswith(".hex"):
        rows = re.findall(rb"^[0-9a-f]{8}: ((?:[0-9a-f]{4} ?|[0-9a-f]{2} )+)", data, re.M)
        data = b"".join(binascii.unhexlify(row.replace(b" ", b"")) for row in rows)
    head, _, body = data.replace(b"\r\nConnection: close", b"").partition(b"\r\n\r\n")
    return head + b"\r\nConnection: close\r\n\r\n" + body


@matrix(mode="setuid", authority="argus")
def test_a_question_that_pepcli_sent_is_understood(exchange):
    """Bytes of pepcli 2.2.0, about somebody for whom no rule is: 200, NotApplicable, status ok (argus-pep-server)."""
    answer = exchange(recorded("argus-request-http.hex"))
    assert (answer.status, answer.decision) == (200, "NotApplicable")
    assert "urn:oasis:names:tc:xacml:1.0:status:ok" in read(answer.body).text
    assert re.fullmatch(rb"[A-Za-z0-9+/]+=*", answer.body)


@matrix(mode="setuid", authority="argus")
def test_a_question_that_globus_library_sent_is_understood(exchange):
    """Bytes of the Globus SAML2-XACML2 library, for SCAS: a SOAP message comes back, whatever it decides."""
    request = recorded("scas-request.http").replace(b"/wsrf/services/XACML", b"/", 1)
    answer = exchange(request, GRID)
    assert answer.status in (200, 500)
    assert answer.body.rstrip().endswith(b"Envelope>")
    assert answer.decision in ("Permit", "Deny", "Fault")


@matrix(mode="setuid", authority="argus")
def test_a_question_may_come_in_lines_and_under_any_content_type(exchange, world):
    """The C client sends lines of 64 with CRLF and a form's type, Java one line and octets (both observed)."""
    body = asking(world).body
    lines = b"".join(body[at : at + 64] + b"\r\n" for at in range(0, len(body), 64))
    forms = {
        "C": post("/authz", lines, "Content-Type: application/x-www-form-urlencoded"),
        "Java": post("/authz", body, "Content-Type: application/octet-stream"),
        "none": post("/authz", body),
    }
    assert {name: exchange(data).decision for name, data in forms.items()} == dict.fromkeys(forms, PERMIT)


@matrix(mode="setuid", authority="argus")
def test_what_is_no_question_is_told_so(exchange, world):
    """405 and Allow for other methods (argus-pep-server); what cannot be read is an Indeterminate with its reason."""
    get = exchange(post("/authz", b"", method="GET"))
    assert (get.status, "Allow: POST" in get.headers) == (405, True)
    assert exchange(post("/status", b"", method="GET")).status == 200
    raw = exchange(post("/authz", base64.b64decode(asking(world).body)))
    assert (raw.status, raw.decision) == (200, INDETERMINATE)


@matrix(mode="setuid", authority="argus scas gums")
def test_tls_is_spoken_in_both_versions_and_a_proxy_is_as_good_as_a_certificate(exchange, world):
    """TLS 1.2 and 1.3; RFC 3820 proxies and end entities both (Argus trust manager); the identity is the owner's."""
    asked = asking(world)
    data = post(asked.path, asked.body, *(f"{name}: {value}" for name, value in asked.headers.items()))
    control = world.authorities[0].control
    host = {"certificate": f"{SECURITY}/both.pem"}
    world.node.run(["sh", "-c", f"cd {SECURITY} && cat hostcert.pem hostkey.pem >both.pem"], limit=5).check()
    try:
        seen = {
            "1.2": exchange(data, asked.port, version="1.2"),
            "1.3": exchange(data, asked.port, version="1.3"),
            "host": exchange(data, asked.port, **host),
        }
    finally:
        world.node.run(["rm", f"{SECURITY}/both.pem"], limit=5).check()
    assert {name: answer.decision for name, answer in seen.items()} == dict.fromkeys(seen, PERMIT)
    assert [seen[version].version for version in ("1.2", "1.3")] == ["TLSv1.2", "TLSv1.3"]
    askers = [line.text("asker") for line in control.log() if line.kind == "decision"]
    pilot = world.grid.bearer("pilot").dn
    assert askers == [pilot, pilot, pilot.replace("O=People/CN=Robot - pilot factory", "O=Hosts/CN=worker-node")]


@matrix(mode="setuid", authority="argus scas gums")
def test_who_shows_no_certificate_is_not_answered(exchange, world):
    """Production services demand a client certificate (Argus: requireClientCertAuthentication true)."""
    asked = asking(world)
    answer = exchange(post(asked.path, asked.body), asked.port, certificate="")
    assert (answer.status, answer.body) == (0, b"")
    assert answer.error


@matrix(mode="setuid", authority="scas")
def test_lcmaps_rest_and_authzen_give_the_same_account(exchange, world, site):
    """lcmaps-rest: numbers for who made the connection; AuthZEN 1.0: a decision, and the account in its context."""
    uids = {account.uid for pool in site.pools for account in pool.accounts}
    rest = json.loads(exchange(post("/lcmaps/mapping/ssl?format=json", b"", method="GET"), GRID).body)
    assert rest["lcmaps"]["mapping"]["posix"]["uid"]["id"] in uids
    pilot = world.grid.bearer("pilot")
    chain = "".join(CERTIFICATE.findall(world.grid.read(pilot.file).decode()))
    question = {
        "subject": {"type": "user", "id": pilot.dn, "properties": {"certificates": chain}},
        "action": {"name": EXECUTE_NOW},
        "resource": {"type": "wn", "id": WORKER_NODE},
    }
    body = json.dumps(question).encode()
    evaluated = json.loads(exchange(post("/access/v1/evaluation", body, "Content-Type: application/json"), GRID).body)
    assert evaluated["decision"] is True
    assert evaluated["context"]["account"]["uid"] == rest["lcmaps"]["mapping"]["posix"]["uid"]["id"]
