"""The GUMS face: the messages of SCAS, and where GUMS differs."""

from dataclasses import replace

import pytest
from lxml import etree

from testbed.authority.answer import Answer
from testbed.authority.face import Unreadable
from testbed.authority.faces.gums import Groups, Gums
from testbed.authority.question import EXECUTE_NOW, WORKER_NODE, Question
from testbed.authority.xacml import INTEROP
from testbed.model.fault import Fault
from tests.authority.conversation import DENY, INDETERMINATE, NOT_APPLICABLE, PERMIT, nobody_verifies, post
from tests.authority.test_scas import NAMES, RECORDED, find, obligations

GUMS = Gums()


def asked(body: bytes = RECORDED) -> Question:
    return GUMS.question(post(body), nobody_verifies)


def xml(answer: Answer, twist: str = "", face: Gums = GUMS, question: Question | None = None) -> etree._Element:
    reply = face.reply(question or asked(), answer, twist)
    assert reply.status == 200
    return etree.fromstring(reply.body)


def without(attribute: str) -> bytes:
    """The recorded query without one attribute's name."""
    return RECORDED.replace(attribute.encode() + b'"', b'http://example.org/other"')


def test_names_are_read_and_the_chain_is_not() -> None:
    question = asked()
    assert (question.subject.dn, question.subject.issuer) == ("/O=Grid/CN=Jane Doe", "/O=Grid/CN=Test CA")
    assert question.subject.fqans == ("/atlas/Role=pilot",)
    assert not question.subject.verified
    assert (question.host, question.resource, question.action) == ("wn1.example.org", WORKER_NODE, EXECUTE_NOW)


def test_only_the_primary_attribute_counts_and_only_when_somebody_vouches_for_it() -> None:
    more = RECORDED.replace(b"subject/voms-fqan", b"subject/other").replace(b"execute-now", b"queue")
    assert asked(more) == replace(asked(), raw=None)
    id = b'AttributeId="http://authz-interop.org/xacml/subject/voms-primary-fqan"'
    unvouched = RECORDED.replace(id, id + b' Issuer="http://authz-interop.org/xacml/issuer/none"')
    assert asked(unvouched).subject.fqans == ()


@pytest.mark.parametrize("attribute", ["subject/subject-x509-id", "resource/dns-host-name"])
def test_a_missing_attribute_is_a_fault_with_the_habits_of_gums(attribute: str) -> None:
    call = post(without(INTEROP + attribute))
    with pytest.raises(Unreadable) as caught:
        GUMS.question(call, nobody_verifies)
    reply = GUMS.apology(call, caught.value)
    root = etree.fromstring(reply.body)
    assert reply.status == 500
    assert find(root, "//faultcode/text()") == ["samlp:StatusMessage"]
    assert find(root, "//faultstring/text()") == find(root, "//detail/p:StatusMessage/text()") == [str(caught.value)]


def test_action_and_resource_may_be_missing() -> None:
    for name in ("urn:oasis:names:tc:xacml:1.0:action:action-id", "urn:oasis:names:tc:xacml:1.0:resource:resource-id"):
        assert asked(without(name)) == asked()


def test_the_response_has_neither_a_saml_status_nor_an_identifier_for_its_assertion() -> None:
    root = xml(PERMIT)
    assert root.find(".//p:Status", NAMES) is None
    assert root.find(".//a:Assertion", NAMES).get("ID") is None
    assert root.find(".//p:Response", NAMES).get("InResponseTo") == "ID-1804289383"
    assert find(root, "//c:StatusCode/@Value") == ["http://oasis/names/tc/xacml/1.0/status/ok"]


@pytest.mark.parametrize("answer", [DENY, NOT_APPLICABLE, replace(PERMIT, account=None)])
def test_who_is_not_mapped_is_denied_with_an_empty_obligation_for_permits(answer: Answer) -> None:
    root = xml(answer)
    assert find(root, "//c:Decision/text()") == ["Deny"]
    assert obligations(root) == [("username", "Permit", [])]


def test_an_indeterminate_says_why() -> None:
    root = xml(INDETERMINATE)
    assert find(root, "//c:Decision/text()") == ["Indeterminate"]
    assert find(root, "//c:StatusCode/@Value") == ["http://oasis/names/tc/xacml/1.0/status/error"]
    assert find(root, "//c:StatusMessage/text()") == ["No PDP answered"]


def test_the_account_is_a_name() -> None:
    assert obligations(xml(PERMIT)) == [("username", "Permit", [("username", "pool001")])]


def test_a_group_by_number_comes_without_a_uid_and_as_text() -> None:
    root = xml(PERMIT, face=Gums(Groups.NUMBER))
    assert obligations(root)[1:] == [("uidgid", "Permit", [("posix-gid", "12000")])]
    assert set(find(root, "//o:AttributeAssignment/@DataType")) == {"http://www.w3.org/2001/XMLSchema#string"}


def test_a_group_by_name_needs_a_client_that_knows_the_account_obligation() -> None:
    named = Gums(Groups.NAME)
    root = xml(PERMIT, face=named)
    assert (find(root, "//c:Decision/text()"), obligations(root)) == (["Indeterminate"], [])
    able = replace(asked(), supported=(INTEROP + "obligation/account",))
    assert obligations(xml(PERMIT, face=named, question=able)) == [
        (
            "account",
            "Permit",
            [("username", "pool001"), ("primary-groupname", "pool"), ("secondary-groupname", "poolsec")],
        )
    ]


def test_twists() -> None:
    failed = xml(PERMIT, Fault.SAML_FAILURE)
    assert find(failed, "//p:StatusCode/@Value") == ["urn:oasis:names:tc:SAML:2.0:status:Responder"]
    assert find(failed, "//c:Decision/text()") == ["Permit"]
    assert obligations(xml(PERMIT, Fault.NO_OBLIGATION)) == []
    assert find(xml(PERMIT, Fault.NO_OBLIGATION), "//c:Decision/text()") == ["Permit"]
    assert find(xml(PERMIT, Fault.ACCOUNT_ROOT), "//o:AttributeAssignment/text()") == ["root"]
    denied = xml(PERMIT, Fault.OBLIGATIONS_UNDER_DENY)
    assert (find(denied, "//c:Decision/text()"), obligations(denied)) == (
        ["Deny"],
        [("username", "Deny", [("username", "pool001")])],
    )


@pytest.mark.parametrize("twist", GUMS.twists)
@pytest.mark.parametrize("answer", [DENY, NOT_APPLICABLE, INDETERMINATE])
def test_no_twist_makes_a_permit_of_a_refusal(twist: str, answer: Answer) -> None:
    body = GUMS.reply(asked(), answer, twist).body
    assert b">Permit<" not in body
    assert b"AttributeAssignment" not in body
