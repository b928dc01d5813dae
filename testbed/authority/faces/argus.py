"""Argus' PEP daemon, as its thin clients know it: POST ``/authz``, base64 of Hessian 1 both ways."""

import base64
import binascii
from dataclasses import dataclass

from testbed.authority import claims, hessian_reader
from testbed.authority.answer import Answer, Decision
from testbed.authority.face import Call, Reply, Unreadable, Verify
from testbed.authority.faces import argus_request as requests
from testbed.authority.faces.argus_request import model
from testbed.authority.hessian import List, Map, Value, encode
from testbed.authority.question import Question
from testbed.authority.twists import ANSWERS, ECHOES, NOBODY, altered, spoilt
from testbed.authority.xacml import (
    ACTION_ID,
    COMMON,
    GLITE,
    HOST_NAME,
    OBLIGATIONS_SUPPORTED,
    PROCESSING_ERROR,
    RESOURCE_ID,
    STATUS_OK,
    Obligation,
    mapped,
    to_map,
)
from testbed.model.fault import Fault

NUMBERS = {Decision.DENY: 0, Decision.PERMIT: 1, Decision.INDETERMINATE: 2, Decision.NOT_APPLICABLE: 3}
PROFILE_ID = (GLITE + "attribute/profile-id", COMMON + "attribute/profile-id")


@dataclass(frozen=True, slots=True)
class Argus:
    """One face. ``echo``: whether responses carry the request, as the real ones do.

    A request with characters from U+0400 to U+07FF in it makes the C client fail when it comes back (observed);
    a response without one is accepted (observed).
    """

    echo: bool = True
    name = "argus"
    twists = (
        *ANSWERS,
        *ECHOES,
        Fault.WRONG_CLASS,
        Fault.DECISION_AS_TEXT,
        Fault.DECISION_OUT_OF_RANGE,
        Fault.STATUS_NULL,
        Fault.RAW_OBLIGATION,
        Fault.UNKNOWN_OBLIGATION,
        Fault.DUPLICATE_OBLIGATION,
        Fault.OBLIGATIONS_UNDER_DENY,
    )

    def question(self, call: Call, verify: Verify) -> Question:
        """The question of a request; its content type says nothing (libcurl's and Java's defaults, observed)."""
        raw = _decoded(call)
        request = requests.read(raw)
        return Question(
            face=self.name,
            subject=claims.subject(request.subject, verify),
            resource=claims.only(request.resource, RESOURCE_ID),
            action=claims.only(request.action, ACTION_ID),
            pilot=claims.pilot(request.environment, verify),
            asker=call.asker,
            host=claims.first(request.resource, (HOST_NAME,)) or "",
            profile=claims.first(request.environment, PROFILE_ID) or "",
            supported=tuple(request.environment.get(OBLIGATIONS_SUPPORTED, ())),
            raw=raw,
        )

    def reply(self, question: Question, answer: Answer, twist: str = "") -> Reply:
        """HTTP 200 whatever the decision."""
        answer = altered(answer, twist)
        decision: Value = NUMBERS[answer.decision]
        if twist == Fault.DECISION_OUT_OF_RANGE:
            decision = 7
        elif twist == Fault.DECISION_AS_TEXT:
            decision = str(decision)
        status = None if twist == Fault.STATUS_NULL else _status(answer)
        obligations = _obligations(question, answer, twist)
        echo = requests.echo(question.raw, question.subject, ECHOES.get(twist, "")) if self._echoes(twist) else None
        return _response(echo, question.resource, decision, status, obligations, twist)

    def apology(self, call: Call, error: Exception) -> Reply:
        """Indeterminate with the reason in its status: the PEP daemon's way with every failure of its own."""
        if call.method != "POST":
            return Reply(405, b"POST is expected\n", headers={"Allow": "POST"})
        try:
            raw = _decoded(call)
            resource = claims.first(requests.read(raw).resource, (RESOURCE_ID,))
            echo = requests.echo(raw) if self.echo else None
        except Unreadable:
            echo, resource = None, None
        answer = Answer(Decision.INDETERMINATE, message=str(error).encode(errors="replace").decode())
        return _response(echo, resource, NUMBERS[answer.decision], _status(answer), [])

    def _echoes(self, twist: str) -> bool:
        return self.echo or twist in ECHOES


def _decoded(call: Call) -> Value:
    """The object of a body: base64 on one line or many."""
    if call.method != "POST":
        raise Unreadable(f"{call.method}, not POST")
    try:
        data = binascii.a2b_base64(call.body.translate(None, b"\r\n\t "), strict_mode=True)
        return hessian_reader.decode(data)
    except binascii.Error as error:
        raise Unreadable(f"no base64: {error}") from None
    except hessian_reader.NotHessian as error:
        raise Unreadable(f"no Hessian: {error}") from None


def _obligations(question: Question, answer: Answer, twist: str) -> list[Value]:
    if answer.account:
        obligations = mapped(question.profile, answer.account)
        return [
            _obligation(obligation, answer.decision)
            for obligation in spoilt(obligations, twist, mapped(question.profile, NOBODY))
        ]
    if answer.mapping and answer.decision is Decision.PERMIT:
        return [_obligation(to_map(question.profile), answer.decision)]
    return []


def _obligation(obligation: Obligation, on: Decision) -> Map:
    assignments = [
        model("AttributeAssignment", attributeId=item.id, dataType=item.type, value=item.value)
        for item in obligation.assignments
    ]
    return model("Obligation", id=obligation.id, fulfillOn=NUMBERS[on], attributeAssignments=_list(assignments))


def _status(answer: Answer) -> Map:
    failed = answer.decision is Decision.INDETERMINATE
    code = model("StatusCode", code=PROCESSING_ERROR if failed else STATUS_OK, subCode=None)
    return model("Status", message=answer.message if failed else None, statusCode=code)


def _response(
    echo: Value, resource: str | None, decision: Value, status: Value, obligations: list[Value], twist: str = ""
) -> Reply:
    """One line of base64. A Permit and a Deny say nothing about the why, as the real ones do not."""
    result = model("Result", decision=decision, resourceId=resource, status=status, obligations=_list(obligations))
    name = "Reply" if twist == Fault.WRONG_CLASS else "Response"
    response = model(name, request=echo, results=_list([result]))
    return Reply(200, base64.b64encode(encode(response)), "application/octet-stream")


def _list(items: list[Map] | list[Value]) -> List:
    return List(tuple(items), requests.PREFIX + "util.LazyList")
