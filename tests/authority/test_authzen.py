"""The AuthZEN face, one evaluation and many."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.authority.answer import Answer
from testbed.authority.face import Batch, Call, Face, Reply, Unreadable, Untrusted
from testbed.authority.faces.authzen import Authzen
from testbed.authority.faces.authzen_batch import MAX_EVALUATIONS, AuthzenBatch
from testbed.authority.question import EXECUTE, WORKER_NODE, Question
from testbed.model.fault import Fault
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

ONE, MANY = Authzen(), AuthzenBatch()
PLAIN = {
    "subject": {"type": "user", "id": "CN=Jane Doe,O=Grid", "properties": {"fqans": ["/atlas/Role=pilot", "/atlas"]}},
    "action": {"name": EXECUTE},
    "resource": {"type": "worker-node", "id": WORKER_NODE},
    "context": {"host": "wn1.example.org", "pilot": {"type": "user", "id": "/O=Grid/CN=Pilot"}},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def call(body: object, **headers: str) -> Call:
    return post(json.dumps(body).encode(), "/access/v1/evaluation", **headers)


def asked(body: object = PLAIN) -> Question:
    return ONE.question(call(body), nobody_verifies)


def said(answer: Answer, twist: str = "") -> dict[str, object]:
    reply = ONE.reply(asked(), answer, twist)
    assert (reply.status, reply.content_type) == (200, "application/json")
    found = json.loads(reply.body)
    assert isinstance(found, dict)
    return found


def test_one_evaluation_is_a_question() -> None:
    question = asked()
    assert (question.subject.dn, question.subject.fqans) == ("/O=Grid/CN=Jane Doe", ("/atlas/Role=pilot", "/atlas"))
    assert not question.subject.verified
    assert (question.resource, question.action, question.host) == (WORKER_NODE, EXECUTE, "wn1.example.org")
    assert question.pilot is not None
    assert question.pilot.dn == "/O=Grid/CN=Pilot"


def test_a_chain_counts_and_not_what_is_said_beside_it() -> None:
    subject = {"type": "user", "id": "CN=Eve", "properties": {"certificates": CHAIN, "fqans": ["/ops"]}}
    assert ONE.question(call(PLAIN | {"subject": subject}), verify).subject == JANE


def test_a_permit_has_the_account_in_its_context() -> None:
    account = {"user": "pool001", "uid": 12001, "group": "pool", "gid": 12000, "groups": ["poolsec"], "gids": [12100]}
    assert said(PERMIT) == {"decision": True, "context": {"decision": "Permit", "reason": "rule", "account": account}}


def test_a_no_says_which_of_the_two_it_is() -> None:
    context = {"decision": "Deny", "reason": "banned", "message": "banned by the central policy"}
    assert said(DENY) == {"decision": False, "context": context}
    assert said(NOT_APPLICABLE) == {"decision": False, "context": {"decision": "NotApplicable", "reason": "no-rule"}}


def test_what_could_not_be_decided_is_no_decision() -> None:
    reply = ONE.reply(asked(), INDETERMINATE)
    assert (reply.status, reply.body) == (500, b"No PDP answered\n")


def test_the_clients_identifier_comes_back() -> None:
    question = ONE.question(call(PLAIN, x_request_id="abc"), nobody_verifies)
    for answer in (PERMIT, INDETERMINATE):
        assert ONE.reply(question, answer).headers == {"X-Request-ID": "abc"}
    assert ONE.apology(call({}, x_request_id="abc"), Unreadable("")).headers == {"X-Request-ID": "abc"}
    assert ONE.reply(asked(), PERMIT).headers == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"subject":1,"subject":2}',
        b'{"subject":NaN}',
        b"[" * 100_000,
        *(
            json.dumps(bad).encode()
            for bad in (
                {},
                PLAIN | {"subject": {"id": "CN=Jane"}},
                PLAIN | {"subject": {"type": "user", "id": "Jane"}},
                PLAIN | {"subject": {"type": "user", "id": "CN=\ud800"}},
                PLAIN | {"subject": {"type": "user", "id": "CN=" + "x" * 2000}},
                PLAIN | {"subject": {"type": "user", "id": "CN=J", "properties": {"fqans": "/atlas"}}},
                PLAIN | {"subject": {"type": "user", "id": "CN=J", "properties": {"fqans": ["atlas"]}}},
                PLAIN | {"subject": {"type": "user", "id": "CN=J", "properties": {"fqans": ["/a"] * 101}}},
                PLAIN | {"subject": {"type": "user", "id": "CN=J", "properties": {"fqans": ["/a" * 500] * 9}}},
                PLAIN | {"resource": {"id": "x"}},
                PLAIN | {"action": {}},
                PLAIN | {"context": []},
                PLAIN | {"context": {"pilot": "me"}},
                PLAIN | {"context": None},
            )
        ),
    ],
)
def test_what_is_no_evaluation_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        ONE.question(post(body), nobody_verifies)
    assert ONE.apology(post(body), caught.value).status == 400


def test_other_failures_have_their_status() -> None:
    assert ONE.apology(call(PLAIN), Untrusted("expired")).status == 400
    assert ONE.apology(call(PLAIN), RuntimeError("mistake")).status == 500
    assert ONE.apology(replace(call(PLAIN), method="GET"), Unreadable("")).status == 405


@given(JSON | st.fixed_dictionaries({"subject": JSON, "action": JSON, "resource": JSON, "context": JSON}))
def test_any_json_is_a_question_or_a_bad_request(body: object) -> None:
    try:
        ONE.question(call(body), nobody_verifies)
    except Unreadable:
        return


@pytest.mark.parametrize("twist", ONE.twists)
def test_the_answer_of_every_twist_differs_and_none_makes_a_permit_of_a_refusal(twist: str) -> None:
    assert ONE.reply(asked(), PERMIT, twist) != ONE.reply(asked(), PERMIT)
    for refused in (DENY, NOT_APPLICABLE, INDETERMINATE):
        assert b'"decision": true' not in ONE.reply(asked(), refused, twist).body


def test_a_twisted_account_is_as_wrong_as_it_can_be() -> None:
    context = said(PERMIT, Fault.ACCOUNT_OVERFLOW)["context"]
    assert isinstance(context, dict)
    assert (context["account"]["user"], context["account"]["uid"]) == ("4294967296", 2**32)


def batch(answers: list[Answer], **more: object) -> list[dict[str, object]]:
    """What comes of a batch whose parts get these answers."""
    whole = call(
        {**PLAIN, "evaluations": [{"resource": {"type": "t", "id": str(n)}} for n, _ in enumerate(answers)], **more}
    )
    replies: list[Reply] = []
    for number, (part, answer) in enumerate(zip(MANY.parts(whole), answers, strict=True)):
        question = MANY.question(part, nobody_verifies)
        assert (question.resource, question.action) == (str(number), EXECUTE)
        replies.append(MANY.reply(question, answer))
        if MANY.enough(whole, replies[-1]):
            break
    reply = MANY.joined(whole, replies)
    assert reply.status == 200
    found = json.loads(reply.body)["evaluations"]
    assert isinstance(found, list)
    return found


def test_a_batch_is_many_questions_with_what_they_share() -> None:
    assert [each["decision"] for each in batch([PERMIT, DENY, PERMIT])] == [True, False, True]


def test_an_evaluation_that_failed_is_a_no_with_its_error() -> None:
    failed = {"decision": False, "context": {"error": {"status": 500, "message": "No PDP answered"}}}
    assert batch([INDETERMINATE, PERMIT])[0] == failed


@pytest.mark.parametrize(
    ("semantic", "heard"),
    [
        ("execute_all", [True, False, True, False]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_a_batch_ends_where_it_is_told_to(semantic: str, heard: list[bool]) -> None:
    answers = [PERMIT, DENY, PERMIT, DENY]
    assert [each["decision"] for each in batch(answers, options={"evaluations_semantic": semantic})] == heard


@pytest.mark.parametrize("more", [{}, {"evaluations": []}])
def test_without_evaluations_it_is_a_single_one(more: dict[str, object]) -> None:
    whole = call(PLAIN | more)
    (part,) = MANY.parts(whole)
    reply = MANY.reply(MANY.question(part, nobody_verifies), PERMIT)
    assert MANY.joined(whole, [reply]) == reply


@pytest.mark.parametrize(
    "more",
    [
        {"evaluations": {}},
        {"evaluations": [1]},
        {"evaluations": [{}] * (MAX_EVALUATIONS + 1)},
        {"evaluations": [{}] * MAX_EVALUATIONS, "context": {"host": "x" * 500_000}},
        {"options": {"evaluations_semantic": "some"}},
        {"options": 1},
    ],
)
def test_what_is_no_batch_is_a_bad_request(more: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        MANY.parts(call(PLAIN | more))


def test_only_the_batch_is_one() -> None:
    one: Face = ONE
    many: Face = MANY
    assert (isinstance(one, Batch), isinstance(many, Batch)) == (False, True)
