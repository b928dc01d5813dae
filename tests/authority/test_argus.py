"""The Argus face against what its real clients sent, and against what its real server sends."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhessian.parser import Parser

from testbed.authority.answer import Answer
from testbed.authority.face import Unreadable, Untrusted
from testbed.authority.faces.argus import Argus
from testbed.authority.faces.argus_request import model
from testbed.authority.hessian import List, Map, Value, encode
from testbed.authority.hessian_reader import decode
from testbed.authority.question import EXECUTE, WORKER_NODE, Question
from testbed.authority.xacml import (
    ACTION_ID,
    COMMON_AUTHZ,
    GLITE,
    GRID_WN,
    HOST_NAME,
    INTEROP,
    KEY_INFO,
    RESOURCE_ID,
    SUBJECT_ID,
)
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

FQAN = GLITE + "attribute/fqan"
ARGUS = Argus()
SILENT = Argus(echo=False)
RECORDED = post(vector.body("argus-request-http.hex"))


def asked() -> Question:
    return ARGUS.question(RECORDED, nobody_verifies)


def request(subject: dict[str, str], environment: dict[str, str] | None = None, **more: dict[str, str]) -> bytes:
    """A request of our own, encoded as Java does it."""

    def attributes(values: dict[str, str]) -> List:
        return List(tuple(model("Attribute", id=id, values=List((value,))) for id, value in values.items()))

    resource = {RESOURCE_ID: WORKER_NODE, **more.get("resource", {})}
    whole = model(
        "Request",
        subjects=List((model("Subject", attributes=attributes(subject)),)),
        resources=List((model("Resource", attributes=attributes(resource)),)),
        action=model("Action", attributes=attributes({ACTION_ID: EXECUTE})),
        environment=model("Environment", attributes=attributes(environment)) if environment else None,
    )
    return base64.b64encode(encode(whole))


def fields(value: Value) -> dict[str, Value]:
    assert isinstance(value, Map)
    return dict(value.fields)


def items(value: Value) -> tuple[Value, ...]:
    assert isinstance(value, List)
    return value.items


def result(answer: Answer, twist: str = "", profile: str = "", face: Argus = SILENT) -> dict[str, Value]:
    """The only result of a response."""
    reply = face.reply(replace(asked(), profile=profile), answer, twist)
    assert reply.status == 200
    (only,) = items(fields(decode(base64.b64decode(reply.body, validate=True)))["results"])
    return fields(only)


def obligations(answer: Answer, twist: str = "", profile: str = "") -> list[tuple[str, Value, list[tuple[str, str]]]]:
    """Identifier, fulfilOn, and attributes with the last words of their identifiers."""
    found = []
    for each in map(fields, items(result(answer, twist, profile)["obligations"])):
        pairs = [(item["attributeId"], item["value"]) for item in map(fields, items(each["attributeAssignments"]))]
        words = [(str(id).partition("/attribute/")[2], str(value)) for id, value in pairs]
        found.append((str(each["id"]), each["fulfillOn"], words))
    return found


def test_the_question_of_pepcli_is_understood() -> None:
    question = asked()
    assert (question.subject.dn, question.subject.fqans) == ("/O=Grid/CN=Jane_Doe", ("/atlas/Role=pilot", "/atlas"))
    assert not question.subject.verified
    assert (question.resource, question.action, question.profile) == ("http://example.org/wn", EXECUTE, GRID_WN)
    assert (question.pilot, question.host) == (None, "")


def test_the_permit_is_byte_by_byte_that_of_the_java_classes() -> None:
    reply = SILENT.reply(asked(), PERMIT)
    assert base64.b64decode(reply.body) == vector.read("argus-response-permit-javaref-noecho.hex")
    assert b"\n" not in reply.body


def test_the_deny_says_what_the_recorded_one_says() -> None:
    (recorded,) = items(fields(decode(vector.read("argus-response-deny.hex")))["results"])
    ours, theirs = result(DENY), fields(recorded)
    assert list(ours) == list(theirs)
    assert (ours["decision"], ours["status"], items(ours["obligations"])) == (0, theirs["status"], ())


def test_the_request_comes_back_as_java_echoes_it() -> None:
    """The same attributes; data types that the C client left out are filled in (observed)."""
    recorded = fields(fields(decode(vector.read("argus-response-deny.hex")))["request"])
    reply = ARGUS.reply(ARGUS.question(post(base64.b64encode(encode(model("Request", **recorded)))), verify), PERMIT)
    echoed = fields(fields(decode(base64.b64decode(reply.body)))["request"])
    assert list(echoed) == ["subjects", "resources", "action", "environment"]

    def plain(value: Value) -> Value:
        if isinstance(value, List):
            return List(tuple(map(plain, value.items)))
        if isinstance(value, Map):
            known = {key: plain(field) for key, field in value.fields.items() if field is not None}
            filled = {"dataType": "http://www.w3.org/2001/XMLSchema#string"} if "Attribute" in value.name else {}
            return Map(value.name, filled | known)
        return value

    assert {key: plain(value) for key, value in echoed.items()} == {key: plain(recorded[key]) for key in recorded}


def test_an_independent_reader_reads_the_whole_answer() -> None:
    body = base64.b64decode(ARGUS.reply(asked(), PERMIT).body)
    response = Parser().parse_string(b"r\x01\x00" + body + b"z").value
    (obligation,) = response.results[0].obligations
    said = [(item.attributeId.rpartition("/attribute/")[2], item.value) for item in obligation.attributeAssignments]
    assert said == [("user-id", "pool001"), ("group-id/primary", "pool"), ("group-id", "pool"), ("group-id", "poolsec")]
    assert response.request.subjects[0].attributes[0].values == ("CN=Jane_Doe,O=Grid",)


@pytest.mark.parametrize(("answer", "number"), [(DENY, 0), (PERMIT, 1), (INDETERMINATE, 2), (NOT_APPLICABLE, 3)])
def test_every_decision_has_its_number(answer: Answer, number: int) -> None:
    assert result(answer)["decision"] == number


def test_only_an_indeterminate_says_why() -> None:
    def said(answer: Answer) -> tuple[Value, Value]:
        status = fields(result(answer)["status"])
        return fields(status["statusCode"])["code"], status["message"]

    assert said(INDETERMINATE) == ("urn:oasis:names:tc:xacml:1.0:status:processing-error", "No PDP answered")
    for answer in (PERMIT, DENY, NOT_APPLICABLE):
        assert said(answer) == ("urn:oasis:names:tc:xacml:1.0:status:ok", None)


def test_a_permit_that_nobody_mapped_tells_the_client_to_map() -> None:
    unmapped = replace(PERMIT, account=None)
    assert obligations(unmapped) == [(GLITE + "obligation/local-environment-map", 1, [])]
    assert obligations(unmapped, profile=COMMON_AUTHZ)[0][0] == "http://dci-sec.org/xacml/obligation/map-local-user"
    assert obligations(replace(unmapped, mapping=False)) == []


def test_the_emi_profile_has_its_own_names() -> None:
    names = [("user-id", "pool001"), ("group-id/primary", "pool"), ("group-id", "pool"), ("group-id", "poolsec")]
    assert obligations(PERMIT, profile=COMMON_AUTHZ) == [
        ("http://dci-sec.org/xacml/obligation/map-local-user/posix", 1, names)
    ]


def test_the_interoperability_profile_speaks_in_numbers() -> None:
    assert obligations(PERMIT, profile=INTEROP + "profile/1.1") == [
        (INTEROP + "obligation/uidgid", 1, [("posix-uid", "12001"), ("posix-gid", "12000")]),
        (INTEROP + "obligation/secondary-gids", 1, [("posix-gid", "12100")]),
        (INTEROP + "obligation/username", 1, [("username", "pool001")]),
    ]


@pytest.mark.parametrize("id", [KEY_INFO, INTEROP + "subject/cert-chain"])
@pytest.mark.parametrize("text", [CHAIN, base64.b64encode(CHAIN.encode()).decode(), "Certificate:\n" + CHAIN])
def test_a_chain_counts_and_not_what_is_said_beside_it(id: str, text: str) -> None:
    body = request({id: text, GLITE + "attribute/fqan": "/ops", SUBJECT_ID: "CN=Eve"})
    assert ARGUS.question(post(body), verify).subject == JANE


def test_the_pilot_and_the_host_are_what_the_environment_and_the_resource_name() -> None:
    body = request({KEY_INFO: CHAIN}, {KEY_INFO: CHAIN}, resource={HOST_NAME: "wn1.example.org"})
    question = ARGUS.question(post(body, asker=JANE), verify)
    assert (question.pilot, question.asker, question.host) == (JANE, JANE, "wn1.example.org")
    named = request({KEY_INFO: CHAIN}, {INTEROP + "environment/pilot-job/subject-x509-id": "/O=Grid/CN=Pilot"})
    pilot = ARGUS.question(post(named), verify).pilot
    assert pilot is not None
    assert (pilot.dn, pilot.verified) == ("/O=Grid/CN=Pilot", False)


def test_the_echo_shows_what_the_chain_vouched_for() -> None:
    """The daemon replaces what the request said by what it found (read in its source)."""
    reply = ARGUS.reply(
        ARGUS.question(post(request({KEY_INFO: CHAIN, GLITE + "attribute/fqan": "/ops"})), verify), PERMIT
    )
    (subject,) = items(fields(fields(decode(base64.b64decode(reply.body)))["request"])["subjects"])
    echoed = {
        str(each["id"]).rpartition("/")[2]: items(each["values"])
        for each in map(fields, items(fields(subject)["attributes"]))
    }
    assert echoed == {
        KEY_INFO: (CHAIN,),
        SUBJECT_ID: ("CN=Jane Doe,O=Grid",),
        "subject-issuer": ("CN=Test CA,O=Grid",),
        "virtual-organization": ("atlas",),
        "primary": ("/atlas/Role=pilot",),
        "fqan": ("/atlas/Role=pilot", "/atlas"),
    }


@pytest.mark.parametrize("text", ["AAAA", "no certificate", CHAIN * 11, CHAIN.replace("AQ==", "A")])
def test_a_chain_that_holds_no_certificates_is_not_believed(text: str) -> None:
    with pytest.raises(Untrusted):
        ARGUS.question(post(request({KEY_INFO: text})), verify)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"????",
        vector.argus_request(),
        vector.body("argus-request-http.hex")[:-40],
        base64.b64encode(encode("Request")),
        base64.b64encode(encode(model("Response", request=None, results=List()))),
        base64.b64encode(encode(model("Request"))),
        base64.b64encode(encode(model("Request", subjects="x"))),
        base64.b64encode(vector.argus_request().replace(b"\0\1Mt\0$", b"\0\2Mt\0$")),
        request({}),
        request({KEY_INFO: " "}),
        request({SUBJECT_ID: "Jane"}),
    ],
)
def test_what_is_no_question_is_answered_indeterminate(body: bytes) -> None:
    call = post(body)
    with pytest.raises(Unreadable) as caught:
        ARGUS.question(call, verify)
    reply = ARGUS.apology(call, caught.value)
    (only,) = items(fields(decode(base64.b64decode(reply.body)))["results"])
    assert (reply.status, fields(only)["decision"]) == (200, 2)
    assert fields(fields(only)["status"])["message"] == str(caught.value)


def test_an_apology_echoes_the_request_where_it_can() -> None:
    reply = ARGUS.apology(RECORDED, Untrusted("expired"))
    response = fields(decode(base64.b64decode(reply.body)))
    (only,) = items(response["results"])
    assert fields(only)["resourceId"] == "http://example.org/wn"
    assert fields(response["request"])["subjects"]


def test_another_method_is_told_which_one_is_expected() -> None:
    call = replace(RECORDED, method="GET")
    with pytest.raises(Unreadable):
        ARGUS.question(call, verify)
    assert (ARGUS.apology(call, Unreadable("")).status, ARGUS.apology(call, Unreadable("")).headers) == (
        405,
        {"Allow": "POST"},
    )


@given(st.binary(max_size=300))
def test_random_bytes_are_no_question(body: bytes) -> None:
    for each in (body, base64.b64encode(body)):
        with pytest.raises(Unreadable):
            ARGUS.question(post(each), nobody_verifies)


@pytest.mark.parametrize(
    ("twist", "names"),
    [
        (Fault.ACCOUNT_UNKNOWN, ["nosuchuser", "pool", "pool", "poolsec"]),
        (Fault.ACCOUNT_ROOT, ["root", "root", "root"]),
        (Fault.ACCOUNT_MINUS_ONE, ["-1", "pool", "pool", "poolsec"]),
        (Fault.ACCOUNT_OVERFLOW, ["4294967296", "pool", "pool", "poolsec"]),
        (Fault.ACCOUNT_SHORTENED, ["pool0", "pool", "pool", "poolsec"]),
        (Fault.SECONDARY_GROUP_UNKNOWN, ["pool001", "pool", "pool", "poolsec", "nosuchgroup"]),
    ],
)
def test_a_twisted_account_is_all_that_differs(twist: Fault, names: list[str]) -> None:
    ((id, on, assignments),) = obligations(PERMIT, twist)
    assert (id, on, [value for _, value in assignments]) == (GLITE + "obligation/local-environment-map/posix", 1, names)


def test_twists_of_obligations() -> None:
    whole = obligations(PERMIT)
    assert obligations(PERMIT, Fault.NO_OBLIGATION) == []
    assert obligations(PERMIT, Fault.RAW_OBLIGATION) == [(GLITE + "obligation/local-environment-map", 1, [])]
    assert obligations(PERMIT, Fault.UNKNOWN_OBLIGATION)[:1] == whole
    assert obligations(PERMIT, Fault.UNKNOWN_OBLIGATION)[1][0] == "http://example.org/xacml/obligation/nobody-knows"
    first, second = obligations(PERMIT, Fault.DUPLICATE_OBLIGATION)
    assert [first] == whole
    assert (second[0], second[2][0]) == (first[0], ("user-id", "nobody"))
    assert result(PERMIT, Fault.OBLIGATIONS_UNDER_DENY)["decision"] == 0
    assert obligations(PERMIT, Fault.OBLIGATIONS_UNDER_DENY) == [(whole[0][0], 0, whole[0][2])]


def test_twists_of_the_response() -> None:
    assert result(PERMIT, Fault.DECISION_AS_TEXT)["decision"] == "1"
    assert result(PERMIT, Fault.DECISION_OUT_OF_RANGE)["decision"] == 7
    assert result(PERMIT, Fault.STATUS_NULL)["status"] is None
    reply = SILENT.reply(asked(), PERMIT, Fault.WRONG_CLASS)
    response = decode(base64.b64decode(reply.body))
    assert isinstance(response, Map)
    assert response.name == "org.glite.authz.common.model.Reply"


@pytest.mark.parametrize(("twist", "name"), [(Fault.CYRILLIC_ECHO, "Пётр"), (Fault.ARABIC_ECHO, "محمد")])
def test_an_echo_can_name_somebody_whom_the_c_client_cannot_read(twist: Fault, name: str) -> None:
    body = base64.b64decode(SILENT.reply(asked(), PERMIT, twist).body)
    assert name.encode() in body
    assert fields(decode(body))["request"] is not None


@pytest.mark.parametrize("twist", ARGUS.twists)
@pytest.mark.parametrize("answer", [DENY, NOT_APPLICABLE, INDETERMINATE])
def test_no_twist_makes_a_permit_of_a_refusal(twist: str, answer: Answer) -> None:
    assert result(answer, twist)["decision"] not in (1, "1")
    assert result(answer, twist)["obligations"] == List((), "org.glite.authz.common.model.util.LazyList")


def test_the_answer_of_every_twist_differs_from_the_true_one() -> None:
    said = {twist: SILENT.reply(asked(), PERMIT, twist).body for twist in ("", *ARGUS.twists)}
    assert len(set(said.values())) == len(said)
