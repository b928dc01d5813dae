"""What the services say on the wire, read by programs that are not ours, and what recorded clients hear from them."""

import base64

from lxml import etree, objectify
from pyhessian.parser import Parser

from testbed.faults.client import LIMIT, sight
from testbed.faults.sight import Target, look
from testbed.plugin import matrix
from tests.authority import vector

CONTEXT = "urn:oasis:names:tc:xacml:2.0:context:schema:os"
POLICY = "urn:oasis:names:tc:xacml:2.0:policy:schema:os"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"


def sent(world, tmp_path, port, path, body):
    """What the first endpoint answers to these bytes, over TLS with the pilot's proxy."""
    host, proxy = world.authorities[0], tmp_path / "proxy.pem"
    proxy.touch(0o600)
    proxy.write_bytes(world.grid.read(world.grid.bearer("pilot").file))
    authorities = world.grid.read("authority/ca.cert.pem").decode()
    seen = look(Target(host.name, host.control.address, port, path, authorities, str(proxy)), {}, body, LIMIT)
    assert seen.stage == "done", str(seen)
    return seen


def result(body):
    """The one result in an answer of Argus, as python-hessian reads it; it wants a reply around the object."""
    (found,) = Parser().parse_string(b"r\x01\x00" + base64.b64decode(body, validate=True) + b"z").value.results
    return found


def assigned(obligation):
    """The attributes of an obligation, without the beginnings of their names."""
    return [((item.get("AttributeId") or "").rpartition("/")[2], item.text) for item in obligation.AttributeAssignment]


@matrix(mode="setuid", authority="argus")
def test_another_reader_of_hessian_finds_the_account(world, switch):
    """Permit is 1; user, primary group, and all groups, the primary one first (Argus' PEP daemon, read in source)."""
    answer, pool = result(sight(world, world.authorities[0]).body), switch.pool()
    (obligation,) = answer.obligations
    user, *groups = (item.value for item in obligation.attributeAssignments)
    assert (answer.decision, obligation.fulfillOn) == (1, 1)
    assert user in {account.name for account in pool.accounts}
    assert groups == [pool.group.name] * 2


@matrix(mode="setuid", authority="argus")
def test_pepcli_hears_that_no_rule_is_for_what_it_asks_about(world, tmp_path):
    """The request that pepcli 2.2.0 was recorded with, line breaks and all; NotApplicable is 3 (Argus, observed)."""
    seen = sent(world, tmp_path, 8154, "/authz", vector.body("argus-request-http.hex"))
    answer = result(seen.body)
    assert (seen.status, answer.decision, answer.resourceId, len(answer.obligations)) == (
        200,
        3,
        "http://example.org/wn",
        0,
    )


@matrix(mode="setuid", authority="scas gums")
def test_another_reader_of_xml_finds_the_account(world, switch, cell):
    """SCAS gives numbers, GUMS a name; the profile's obligations (OGF GFD.205; GUMS, read in source)."""
    root, pool = objectify.fromstring(sight(world, world.authorities[0]).body), switch.pool()
    answer = root.Body[f"{{{SAMLP}}}Response"][f"{{{SAML}}}Assertion"].Statement[f"{{{CONTEXT}}}Response"].Result
    obligations = {
        each.get("ObligationId").rpartition("/")[2]: dict(assigned(each))
        for each in answer[f"{{{POLICY}}}Obligations"].Obligation
    }
    assert answer.Decision == "Permit"
    if cell.authority == "gums":
        assert set(obligations) == {"username"}
        assert obligations["username"]["username"] in {account.name for account in pool.accounts}
    else:
        assert int(obligations["uidgid"]["posix-uid"]) in {account.uid for account in pool.accounts}
        assert int(obligations["uidgid"]["posix-gid"]) == pool.group.gid


@matrix(mode="setuid", authority="scas")
def test_the_globus_client_hears_a_fault_where_no_rule_is_for_what_it_asks_about(world, tmp_path):
    """The query that the Globus SAML2-XACML2 client was recorded with; its server answers no rule so (observed)."""
    seen = sent(world, tmp_path, 8443, "/", vector.body("scas-request.http"))
    fault = etree.fromstring(seen.body).find(".//{http://schemas.xmlsoap.org/soap/envelope/}Fault")
    assert (seen.status, [each.tag for each in fault]) == (500, ["faultcode", "faultstring"])
