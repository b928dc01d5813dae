"""What the SCAS module does on a worker node with real LCMAPS: whom it asks, with what, and whose answer counts.

The services stand on the node itself (`stand.py`). What an answer comes to is in tests/lcmaps_plugins, what a broken
service comes to in the scenarios.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from lxml import etree

from testbed.lab.layout import WORKER_NODE
from testbed.lab.session import Lab
from testbed.model.entry import Entry, folder
from testbed.site.load import example
from tests.lab.test_asking_a_service import ALICE, FOLDER, Deed, Outcome, Stand
from tests.lcmaps_plugins import saml

FIRST, SECOND = (f"https://{WORKER_NODE}:{port}" for port in (8154, 8155))
PILOT = "/DC=org/DC=testbed/O=People/CN=Robot - pilot factory"
HOST = f"/DC=org/DC=testbed/O=Hosts/CN={WORKER_NODE}"
INTEROP = "http://authz-interop.org/xacml/"
VALUE = "{urn:oasis:names:tc:xacml:2.0:context:schema:os}Attribute"
DENY = saml.answer(decision="Deny", message="you are banned", to="@ID@")


class Node(Stand):
    """The same stand, with the other module."""

    def permit_of(self, *more: str) -> str:
        """A Permit for the node's own account."""
        numbers = saml.UIDGID.replace("50001", str(self.uid)).replace("50000", str(self.gid))
        return saml.answer(numbers, *more, to="@ID@")

    def ask(
        self,
        *answers: str | Deed,
        endpoints: Sequence[str] = (FIRST,),
        options: Sequence[str] = (),
        pilot: str | None = f"{FOLDER}/pilot.pem",
        module: str = "lcmaps_scas_client.mod",
    ) -> Outcome:
        """One call of LCMAPS while services give these answers, each at a port of its own."""
        case = {
            "module": module,
            "credential": f"{FOLDER}/alice.pem",
            "environment": {"X509_USER_PROXY": pilot} if pilot else {},
            "services": [deed(answer) | {"port": 8154 + i} for i, answer in enumerate(answers)],
            "options": [*(f"--endpoint {url}" for url in endpoints), "--timeout 1", *options],
        }
        done = self._world.node.run(["python3", f"{FOLDER}/stand.py"], stdin=json.dumps([case]).encode(), limit=60)
        assert done.code == 0, done.err.decode()
        (outcome,) = json.loads(done.out)
        return Outcome(**outcome)


def deed(answer: str | Deed) -> Deed:
    """A service that gives this answer to whom the authority vouches for."""
    if not isinstance(answer, str):
        return answer
    return {"way": "answers", "body": base64.b64encode(answer.encode()).decode(), "trusts": "authority"}


def asked(outcome: Outcome, service: int = 0) -> list[dict[str, str]]:
    """The questions that a service got: each attribute by its name, the last value of those that come again."""
    found = []
    for request in outcome.seen[service]:
        root = etree.fromstring(request["body"].encode())
        found.append({str(each.get("AttributeId")): str(each[0].text) for each in root.iter(VALUE)})
    return found


@pytest.fixture(scope="module")
def node(lab: Lab) -> Iterator[Node]:
    """A node with what the services show, and what the clients have."""
    grid = lab.grid
    host = grid.read(f"hosts/{WORKER_NODE}/hostcert.pem") + grid.read(f"hosts/{WORKER_NODE}/hostkey.pem")
    files = {"host": host, "authority": grid.read("authority/ca.cert.pem")}
    files |= {name: grid.read(f"proxies/{name}.pem") for name in ("alice", "pilot")}
    script = Entry(f"{FOLDER}/stand.py", Path(__file__).with_name("stand.py").read_bytes())
    with lab.pool.lease(example("setuid-gridmap")) as world:
        node = Node(world)
        node.put(folder(FOLDER), script, *(Entry(f"{FOLDER}/{name}.pem", pem, 0o600) for name, pem in files.items()))
        yield node


@pytest.mark.parametrize("module", ["lcmaps_scas_client.mod", "lcmaps_gums_client.mod"])
def test_by_either_name_it_gets_the_account_and_says_so_as_the_original_did(node: Node, module: str) -> None:
    outcome = node.ask(node.permit_of(), module=module)
    assert (outcome.code, outcome.answer) == (0, node.mapped)
    line = f'User "{ALICE}" with first FQAN "/alpha/Role=NULL/Capability=NULL" Permitted at endpoint "{FIRST}"'
    assert f"lcmaps_plugin_scas_client-plugin_run(): {line}" in outcome.log


def test_the_pilot_asks_about_the_user_and_sends_no_key(node: Node) -> None:
    outcome = node.ask(node.permit_of())
    ((request,), (question,)) = outcome.seen[0], asked(outcome)
    assert request["head"].startswith("POST / HTTP/1.1\r\n")
    assert 'SOAPAction: "http://www.globus.org/security/XACMLAuthorization/' in request["head"]
    assert "PRIVATE KEY" not in request["body"]
    assert f">{PILOT}</saml:Issuer>" in request["body"]
    assert question[f"{INTEROP}subject/subject-x509-id"] == ALICE
    assert question[f"{INTEROP}subject/voms-primary-fqan"] == "/alpha/Role=NULL/Capability=NULL"
    assert question[f"{INTEROP}subject/cert-chain"].count("BEGIN CERTIFICATE") == 2
    assert question[f"{INTEROP}environment/pilot-job/subject-x509-id"] == PILOT
    assert question[f"{INTEROP}resource/dns-host-name"] == WORKER_NODE


def test_with_names_only_no_certificate_is_sent(node: Node) -> None:
    outcome = node.ask(node.permit_of(), options=["--use-dn-and-fqans"])
    ((question,),) = (asked(outcome),)
    assert outcome.answer == node.mapped
    assert question[f"{INTEROP}subject/subject-x509-id"] == ALICE
    assert not {f"{INTEROP}subject/{name}" for name in ("cert-chain", "subject-x509-issuer")} & question.keys()


def test_the_node_may_ask_with_its_own_certificate(node: Node) -> None:
    outcome = node.ask(node.permit_of(), options=[f"-cert {FOLDER}/host.pem", "--cert-owner root"], pilot=None)
    assert outcome.answer == node.mapped
    assert f">{HOST}</saml:Issuer>" in outcome.seen[0][0]["body"]
    assert asked(outcome)[0][f"{INTEROP}resource/resource-x509-id"] == HOST


@pytest.mark.parametrize(
    "options", [[], [f"-cert {FOLDER}/host.pem", "--cert-owner glexec"], [f"-cert {FOLDER}/none.pem"]]
)
def test_without_a_certificate_to_ask_with_nobody_is_asked(node: Node, options: list[str]) -> None:
    outcome = node.ask(node.permit_of(), options=options, pilot=None)
    assert (outcome.cause, outcome.seen) == ("service-untrusted", [[]])


def test_a_deny_is_final_and_a_failure_is_not(node: Node) -> None:
    """Documented: who is banned fails at once; an error is tried again, and then the next endpoint is."""
    denied = node.ask(DENY, node.permit_of(), endpoints=[FIRST, SECOND])
    assert (denied.cause, [len(each) for each in denied.seen]) == ("denied", [1, 0])
    assert "you are banned" in denied.log
    broken = node.ask("<html/>", node.permit_of(), endpoints=[FIRST, SECOND])
    assert (broken.answer, [len(each) for each in broken.seen]) == (node.mapped, [2, 1])


def test_an_account_that_the_node_lacks_is_final_too(node: Node) -> None:
    stranger = node.permit_of(saml.SECONDARY.replace("51000", "59999"))
    outcome = node.ask(stranger, node.permit_of(), endpoints=[FIRST, SECOND])
    assert (outcome.cause, len(outcome.seen[1])) == ("account-missing", 0)


def test_each_call_has_an_id_of_its_own(node: Node) -> None:
    outcome = node.ask("<html/>")
    ids = {etree.fromstring(each["body"].encode()).find(".//*[@ID]").get("ID") for each in outcome.seen[0]}
    assert (outcome.cause, len(ids)) == ("service-broken", 2)


def test_silent_servers_take_two_limits_each_and_no_more(node: Node) -> None:
    silent: Deed = {"way": "silent"}
    outcome = node.ask(silent, silent, endpoints=[FIRST, SECOND])
    assert outcome.cause == "service-silent"
    assert 4 <= outcome.seconds < 5.5
