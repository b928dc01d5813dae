"""The SCAS face against recorded messages, read by an independent reader where it writes itself."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, objectify

from testbed.authority import saml_response
from testbed.authority.answer import Account, Answer, Decision
from testbed.authority.face import Call, Unreadable, Untrusted
from testbed.authority.faces.scas import Scas
from testbed.authority.question import EXECUTE_NOW, WORKER_NODE, Question
from testbed.authority.saml import CONTEXT, POLICY, SAML, SAMLP, SOAP
from testbed.authority.xacml import INTEROP
from testbed.model.fault import Fault
from tests.authority import vector
from tests.authority.conversation import (
    CHAIN,
    DENY,
    INDETERMINATE,
    JANE,
    NOT_APPLICABLE,
    PERMIT,
    nobody_verifies,
    post,
    verify,
)

SCAS = Scas()
RECORDED = vector.read("scas-request-wn.xml")
WITH_CHAIN = RECORDED.replace(b">AAAA<", b">" + CHAIN.encode() + b"<")
PLAIN = vector.body("scas-request.http")
NAMES = {"s": SOAP, "p": SAMLP, "a": SAML, "c": CONTEXT, "o": POLICY}


def asked(body: bytes = WITH_CHAIN) -> Question:
    return SCAS.question(post(body), verify)


def xml(answer: Answer, twist: str = "", question: Question | None = None) -> etree._Element:
    reply = SCAS.reply(question or asked(), answer, twist)
    assert (reply.status, reply.content_type) == (200, "text/xml; charset=utf-8")
    return etree.fromstring(reply.body)


def find(root: etree._Element, path: str) -> list[str]:
    return [str(found) for found in root.xpath(path, namespaces=NAMES)]


def obligations(root: etree._Element) -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [
        (
            each.get("ObligationId").removeprefix(INTEROP + "obligation/"),
            each.get("FulfillOn"),
            [(item.get("AttributeId").removeprefix(INTEROP + "attribute/"), item.text or "") for item in each],
        )
        for each in root.iterfind(".//o:Obligation", NAMES)
    ]


def test_the_recorded_question_is_understood() -> None:
    question = asked()
    assert question.subject == JANE
    assert (question.resource, question.action, question.host) == (WORKER_NODE, EXECUTE_NOW, "wn1.example.org")
    assert [each.rpartition("/")[2] for each in question.supported] == ["secondary-gids", "uidgid", "username"]


def test_a_chain_that_is_none_is_not_believed_whatever_stands_beside_it() -> None:
    """The recorded query has four letters in the place of a chain."""
    with pytest.raises(Untrusted):
        SCAS.question(post(RECORDED), verify)


def test_a_name_without_a_chain_is_a_name_that_nobody_checked() -> None:
    question = SCAS.question(post(PLAIN), nobody_verifies)
    assert question.subject.dn == "/DC=org/DC=doegrids/OU=People/CN=Joseph Bester"
    assert not question.subject.verified
    assert (question.resource, question.action) == (
        "https://140.221.36.11:8081/wsrf/services/SecureCounterService",
        "createCounter",
    )


def test_the_pilot_is_whom_the_environment_names() -> None:
    attribute = (
        '<XACMLcontext:Attribute AttributeId="http://authz-interop.org/xacml/environment/pilot-job/{}" DataType="x">'
        "<XACMLcontext:AttributeValue>{}</XACMLcontext:AttributeValue></XACMLcontext:Attribute>"
    )
    start = b"<XACMLcontext:Environment>"
    for id in ("subject-x509-id", "subject-x509_-id"):
        body = WITH_CHAIN.replace(start, start + attribute.format(id, "/O=Grid/CN=Pilot").encode())
        pilot = asked(body).pilot
        assert pilot is not None
        assert (pilot.dn, pilot.verified) == ("/O=Grid/CN=Pilot", False)
    assert asked(WITH_CHAIN.replace(start, start + attribute.format("cert-chain", CHAIN).encode())).pilot == JANE


def test_the_answer_has_the_form_of_the_reference_server() -> None:
    """Element by element, attribute by attribute; identifiers, times and the text of issuers aside."""

    def shape(element: etree._Element) -> object:
        free = ("ID", "IssueInstant", "InResponseTo")
        values = {key: value for key, value in element.items() if key not in free}
        text = "" if element.tag == f"{{{SAML}}}Issuer" else (element.text or "")
        keys = sorted(key for key in element.attrib if key in free)
        return element.tag, values, keys, text, [shape(each) for each in element]

    recorded = etree.fromstring(vector.body("scas-response-reference.http"))
    question = SCAS.question(post(PLAIN), nobody_verifies)
    ours = xml(PERMIT, question=question)
    for unlike in ours.xpath("//o:Obligation[not(contains(@ObligationId, 'username'))]", namespaces=NAMES):
        unlike.getparent().remove(unlike)
    ours.find(".//o:AttributeAssignment", NAMES).text = "test"
    assert shape(ours) == shape(recorded)


def test_the_type_of_the_statement_names_a_prefix_that_is_bound() -> None:
    statement = xml(PERMIT).find(".//a:Statement", NAMES)
    prefix, _, name = statement.get("{http://www.w3.org/2001/XMLSchema-instance}type").partition(":")
    assert (statement.nsmap[prefix], name) == (
        "urn:oasis:names:tc:xacml:2.0:profile:saml2.0:v2:schema:assertion",
        "XACMLAuthzDecisionStatementType",
    )


def test_an_independent_reader_reads_the_account() -> None:
    root = objectify.fromstring(SCAS.reply(asked(), PERMIT).body)
    response = root.Body[f"{{{SAMLP}}}Response"]
    result = response[f"{{{SAML}}}Assertion"].Statement[f"{{{CONTEXT}}}Response"].Result
    assert (response.get("InResponseTo"), result.Decision) == ("ID-1804289383", "Permit")
    assert {
        each.get("ObligationId").rpartition("/")[2]: [item.pyval for item in each.AttributeAssignment]
        for each in result[f"{{{POLICY}}}Obligations"].Obligation
    } == {"uidgid": [12001, 12000], "secondary-gids": [12100], "username": ["pool001"]}


def test_the_account_comes_in_numbers_and_the_name_where_it_is_wanted() -> None:
    numbers = [
        ("uidgid", "Permit", [("posix-uid", "12001"), ("posix-gid", "12000")]),
        ("secondary-gids", "Permit", [("posix-gid", "12100")]),
    ]
    assert obligations(xml(PERMIT)) == [*numbers, ("username", "Permit", [("username", "pool001")])]
    assert obligations(xml(PERMIT, question=replace(asked(), supported=()))) == numbers
    alone = replace(PERMIT, account=Account("pool001", 12001, "pool", 12000))
    assert [each[0] for each in obligations(xml(alone))] == ["uidgid", "username"]


def test_a_deny_says_no_and_nothing_else() -> None:
    root = xml(DENY)
    assert find(root, "//c:Decision/text()") == ["Deny"]
    assert find(root, "//c:StatusCode/@Value") == ["urn:oasis:names:tc:xacml:1.0:status:ok"]
    assert obligations(root) == []


def test_the_request_is_repeated_for_who_asks_for_it_only() -> None:
    assert find(xml(PERMIT), "//c:Request//c:AttributeValue/text()")[0] == "/O=Grid/CN=Jane Doe"
    unasked = asked(WITH_CHAIN.replace(b'ReturnContext="true"', b""))
    assert find(xml(PERMIT, question=unasked), "//c:Request") == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (NOT_APPLICABLE, "NotApplicable: no-rule"),
        (INDETERMINATE, "No PDP answered"),
        (replace(PERMIT, account=None), "no mapping"),
    ],
)
def test_what_the_reference_server_cannot_say_is_a_fault(answer: Answer, words: str) -> None:
    reply = SCAS.reply(asked(), answer)
    recorded = etree.fromstring(vector.read("scas-soapfault.xml"))
    root = etree.fromstring(reply.body)
    assert reply.status == 500
    assert [each.tag for each in root.iter()] == [each.tag for each in recorded.iter()]
    assert find(root, "//faultcode/text()") == ["SOAP-ENV:Server"]
    assert find(root, "//faultstring/text()") == [
        answer.message or ("no mapping" if answer.mapping else "NotApplicable: no-rule")
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<a/>",
        WITH_CHAIN + WITH_CHAIN,
        WITH_CHAIN.replace(b"XACMLAuthzDecisionQuery", b"AuthzDecisionQuery"),
        WITH_CHAIN.replace(b"schemas.xmlsoap.org/soap/envelope", b"www.w3.org/2003/05/soap-envelope"),
        WITH_CHAIN.replace(b"resource:resource-id", b"resource:other"),
        WITH_CHAIN.replace(b"action:action-id", b"action:other"),
        WITH_CHAIN.replace(b"<XACMLcontext:Subject>", b"<XACMLcontext:Subject/><XACMLcontext:Subject>"),
        WITH_CHAIN.replace(
            b">/O=Grid/CN=Jane Doe</XACMLcontext:AttributeValue>", b"><b/></XACMLcontext:AttributeValue>"
        ),
        WITH_CHAIN.replace(b"\n", b"\n<!DOCTYPE x>", 1),
        WITH_CHAIN.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        WITH_CHAIN + b" " * (1 << 20),
        b"<a>" * 100_000,
        PLAIN.replace(b"CN=Joseph Bester,OU=People,DC=doegrids,DC=org", b""),
        PLAIN.replace(b"CN=Joseph Bester,OU=People,DC=doegrids,DC=org", b"Joseph"),
    ],
)
def test_what_is_no_question_is_the_clients_fault(body: bytes) -> None:
    call = post(body)
    with pytest.raises(Unreadable) as caught:
        SCAS.question(call, verify)
    reply = SCAS.apology(call, caught.value)
    root = etree.fromstring(reply.body)
    assert (reply.status, find(root, "//faultcode/text()")) == (500, ["SOAP-ENV:Client"])
    assert find(root, "//faultstring/text()") == [str(caught.value)]


def test_no_part_of_a_question_is_a_question() -> None:
    whole = WITH_CHAIN.rstrip()
    for length in range(0, len(whole), 7):
        with pytest.raises(Unreadable):
            SCAS.question(post(whole[:length]), verify)


def test_entities_are_never_unfolded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 50}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(Unreadable, match="document type"):
        SCAS.question(post(bomb.encode() + b"]>" + WITH_CHAIN.replace(b"wn1.example.org", b"&i;")), verify)


def test_our_own_failure_is_the_servers_fault_in_letters_that_xml_has() -> None:
    reply = SCAS.apology(post(b""), Untrusted("a\0b\x1b<"))
    assert find(etree.fromstring(reply.body), "//*/text()") == ["SOAP-ENV:Server", "a?b?<"]


def test_another_method_is_told_which_one_is_expected() -> None:
    call = Call("GET", "/", "", {}, b"")
    with pytest.raises(Unreadable):
        SCAS.question(call, verify)
    assert SCAS.apology(call, Unreadable("")).status == 405


@given(st.binary(max_size=300))
def test_random_bytes_are_no_question(body: bytes) -> None:
    with pytest.raises(Unreadable):
        SCAS.question(post(body), nobody_verifies)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_whatever_an_account_is_called_the_answer_is_well_formed(user: str) -> None:
    answer = Answer(Decision.PERMIT, Account(user, 1, "g", 1))
    ((_, _, pair), *_) = [each for each in obligations(xml(answer)) if each[0] == "username"]
    kept = "".join(c if c in "\t\n" or "\x20" <= c not in "\ufffe\uffff" else "?" for c in user if c != "\r")
    assert pair[0][1].replace("\n", "").replace("\r", "") == kept.replace("\n", "")


@pytest.mark.parametrize(
    ("twist", "numbers"),
    [
        (Fault.ACCOUNT_UNKNOWN, ["59999", "12000", "12100", "nosuchuser"]),
        (Fault.ACCOUNT_ROOT, ["0", "0", "root"]),
        (Fault.ACCOUNT_MINUS_ONE, ["-1", "12000", "12100", "-1"]),
        (Fault.ACCOUNT_OVERFLOW, ["4294967296", "12000", "12100", "4294967296"]),
        (Fault.ACCOUNT_SHORTENED, ["12001", "12000", "12100", "pool0"]),
        (Fault.SECONDARY_GROUP_UNKNOWN, ["12001", "12000", "12100", "59999", "pool001"]),
    ],
)
def test_a_twisted_account_is_all_that_differs(twist: Fault, numbers: list[str]) -> None:
    assert find(xml(PERMIT, twist), "//o:AttributeAssignment/text()") == numbers


def test_twists_of_obligations() -> None:
    whole = obligations(xml(PERMIT))
    assert obligations(xml(PERMIT, Fault.NO_OBLIGATION)) == []
    assert obligations(xml(PERMIT, Fault.UNKNOWN_OBLIGATION))[:-1] == whole
    assert "nobody-knows" in obligations(xml(PERMIT, Fault.UNKNOWN_OBLIGATION))[-1][0]
    assert obligations(xml(PERMIT, Fault.DUPLICATE_OBLIGATION))[: len(whole)] == whole
    assert obligations(xml(PERMIT, Fault.DUPLICATE_OBLIGATION))[-1][2] == [("username", "nobody")]
    denied = xml(PERMIT, Fault.OBLIGATIONS_UNDER_DENY)
    assert find(denied, "//c:Decision/text()") == ["Deny"]
    assert obligations(denied) == [(id, "Deny", items) for id, _, items in whole]


def test_twists_of_the_response() -> None:
    assert find(xml(PERMIT, Fault.DECISION_OUT_OF_RANGE), "//c:Decision/text()") == ["Perhaps"]
    assert find(xml(PERMIT, Fault.STATUS_NULL), "//c:Result/c:Status") == []
    failed = xml(PERMIT, Fault.SAML_FAILURE)
    assert find(failed, "//p:StatusCode/@Value") == ["urn:oasis:names:tc:SAML:2.0:status:Responder"]
    assert find(failed, "//c:Decision/text()") == ["Permit"]
    assert xml(PERMIT, Fault.NO_XSI_TYPE).find(".//a:Statement", NAMES).attrib == {}
    assert find(xml(PERMIT, Fault.TWO_ASSERTIONS), "//a:Assertion//c:Decision/text()") == ["Permit", "Deny"]
    assert obligations(xml(PERMIT, Fault.TWO_ASSERTIONS)) == obligations(xml(PERMIT))


def test_a_parser_that_unfolds_the_bomb_has_to_give_up() -> None:
    body = SCAS.reply(asked(), PERMIT, Fault.ENTITY_BOMB).body
    assert len(body) < 20_000
    with pytest.raises(etree.XMLSyntaxError, match=r"[Ee]ntity"):
        etree.fromstring(body)


def test_with_a_smaller_bomb_in_it_the_permit_is_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saml_response, "BOMB_LEVELS", 3)
    root = xml(PERMIT, Fault.ENTITY_BOMB)
    assert find(root, "//p:Response/a:Issuer/text()") == ["bomb" * 100]
    assert obligations(root) == obligations(xml(PERMIT))


@pytest.mark.parametrize(("twist", "name"), [(Fault.CYRILLIC_ECHO, "Пётр"), (Fault.ARABIC_ECHO, "محمد")])
def test_an_echo_can_name_somebody_else(twist: Fault, name: str) -> None:
    unasked = asked(WITH_CHAIN.replace(b'ReturnContext="true"', b""))
    said = find(xml(PERMIT, twist, unasked), "//c:Request/c:Subject//c:AttributeValue/text()")
    assert name in said[0]


@pytest.mark.parametrize("twist", SCAS.twists)
@pytest.mark.parametrize("answer", [DENY, NOT_APPLICABLE, INDETERMINATE])
def test_no_twist_makes_a_permit_of_a_refusal(twist: str, answer: Answer) -> None:
    body = SCAS.reply(asked(), answer, twist).body
    assert b">Permit<" not in body
    assert b"Obligation>" not in body


def test_the_answer_of_every_twist_differs_from_the_true_one() -> None:
    def body(twist: str) -> bytes:
        return re.sub(rb'(ID|IssueInstant)="[^"]*"', b"", SCAS.reply(asked(), PERMIT, twist).body)

    said = {twist: body(twist) for twist in ("", *SCAS.twists)}
    assert len(set(said.values())) == len(said)
