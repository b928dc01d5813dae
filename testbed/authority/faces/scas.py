"""SCAS, as its client knows it: POST ``/``, SAML2-XACML2 over SOAP, and the account in numbers."""

from dataclasses import dataclass, replace
from typing import cast

from testbed.authority import claims, saml
from testbed.authority.answer import Answer, Decision
from testbed.authority.face import Call, Reply, Unreadable, Verify
from testbed.authority.question import Question
from testbed.authority.saml_response import TWISTS, Habits, Result, fault, response
from testbed.authority.twists import ANSWERS, NOBODY, altered, spoilt
from testbed.authority.xacml import (
    ACTION_ID,
    HOST_NAME,
    INTEROP,
    OBLIGATIONS_SUPPORTED,
    RESOURCE_ID,
    STATUS_OK,
    interop,
)
from testbed.model.fault import Fault

XML = "text/xml; charset=utf-8"
USERNAME = INTEROP + "obligation/username"
HABITS = Habits(issuer="XACMLService")


@dataclass(frozen=True, slots=True)
class Scas:
    """One face. What the reference server cannot say, Indeterminate and NotApplicable, is a SOAP fault (observed)."""

    name = "scas"
    twists = (*ANSWERS, *TWISTS)

    def question(self, call: Call, verify: Verify) -> Question:
        """The question of a request. The chain that comes in it counts: SCAS runs LCMAPS on that (documented)."""
        query = saml.read(call)
        return Question(
            face=self.name,
            subject=claims.subject(query.subject, verify),
            resource=claims.only(query.resource, RESOURCE_ID),
            action=claims.only(query.action, ACTION_ID),
            pilot=claims.pilot(query.environment, verify),
            asker=call.asker,
            host=claims.first(query.resource, (HOST_NAME,)) or "",
            supported=tuple(query.environment.get(OBLIGATIONS_SUPPORTED, ())),
            raw=query,
        )

    def reply(self, question: Question, answer: Answer, twist: str = "") -> Reply:
        """A Permit with the account, a Deny, or a fault. The name goes along where the client says it can use one."""
        answer = altered(answer, twist)
        if answer.decision in (Decision.INDETERMINATE, Decision.NOT_APPLICABLE):
            return _fault("SOAP-ENV:Server", answer.message or f"{answer.decision}: {answer.reason}")
        if answer.decision is Decision.PERMIT and not answer.account and twist != Fault.NO_OBLIGATION:
            return _fault("SOAP-ENV:Server", "no mapping")
        username = USERNAME in question.supported
        obligations = interop(answer.account, username=username) if answer.account else ()
        spoilt_ones = spoilt(obligations, twist, interop(NOBODY, username=username))
        under = [replace(obligation, on=answer.decision) for obligation in spoilt_ones]
        query = cast(saml.Query, question.raw)
        return Reply(200, response(HABITS, query, Result(answer.decision, STATUS_OK, under), twist), XML)

    def apology(self, call: Call, error: Exception) -> Reply:
        """A SOAP fault: the client's for what is no question, else the server's."""
        if call.method != "POST":
            return Reply(405, b"POST is expected\n", headers={"Allow": "POST"})
        return _fault("SOAP-ENV:Client" if isinstance(error, Unreadable) else "SOAP-ENV:Server", str(error))


def _fault(code: str, text: str) -> Reply:
    """500, as SOAP 1.1 has it for faults over HTTP."""
    return Reply(500, fault(code, text), XML)
