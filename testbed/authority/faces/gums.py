"""GUMS, with its own habits: POST ``/gums/services/GUMSXACMLAuthorizationServicePort``, the same messages as SCAS.

Source of the habits: GUMS' sources, unless said otherwise.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import cast

from testbed.authority import claims, saml
from testbed.authority.answer import Account, Answer, Decision
from testbed.authority.face import Call, Reply, Unreadable, Verify
from testbed.authority.party import Party
from testbed.authority.question import EXECUTE_NOW, WORKER_NODE, Question
from testbed.authority.saml_response import TWISTS, Habits, Result, fault, response
from testbed.authority.twists import ANSWERS, NOBODY, altered, spoilt
from testbed.authority.xacml import HOST_NAME, INTEROP, OBLIGATIONS_SUPPORTED, Assignment, Obligation, username_of
from testbed.model.fault import Fault

XML = "text/xml; charset=utf-8"
STATUS = "http://oasis/names/tc/xacml/1.0/status/"
ACCOUNT = INTEROP + "obligation/account"
NO_ISSUER = INTEROP + "issuer/none"
HABITS = Habits(issuer="GUMS", saml_status=False, assertion_id=False)


class Groups(StrEnum):
    """What a site's GUMS knows of the group of an account."""

    NONE = "none"
    """Nothing: the worker node's own files say it."""
    NUMBER = "number"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Gums:
    """One face. It reads names and no chain: who asks, a host or a pilot, vouches for them."""

    groups: Groups = Groups.NONE
    name = "gums"
    twists = (*ANSWERS, *TWISTS)

    def question(self, call: Call, verify: Verify) -> Question:
        """The question of a request: subject, primary FQAN and host. Resource and action are not looked at."""
        query = saml.read(call)
        dn = claims.first(query.subject, (claims.SUBJECT + "subject-x509-id",))
        host = claims.first(query.resource, (INTEROP + "resource/resource-x509-id", HOST_NAME))
        if not dn:
            raise Unreadable("The subject-x509-id attribute is missing")
        if not host:
            raise Unreadable("Neither resource-x509-id nor dns-host-name is there")
        issuer = claims.first(query.subject, (claims.SUBJECT + "subject-x509-issuer",)) or ""
        return Question(
            face=self.name,
            subject=Party(claims.slashed(dn), claims.slashed(issuer), _fqans(query)),
            resource=WORKER_NODE,
            action=EXECUTE_NOW,
            asker=call.asker,
            host=host,
            supported=tuple(query.environment.get(OBLIGATIONS_SUPPORTED, ())),
            raw=query,
        )

    def reply(self, question: Question, answer: Answer, twist: str = "") -> Reply:
        """Who is not mapped is denied, with an empty obligation beside it."""
        answer = altered(answer, twist)
        query = cast(saml.Query, question.raw)
        return Reply(200, response(HABITS, query, self._result(question, answer, twist), twist), XML)

    def apology(self, call: Call, error: Exception) -> Reply:
        """A SOAP fault; its code is the name of a SAML element, and the text stands in it twice."""
        if call.method != "POST":
            return Reply(405, b"POST is expected\n", headers={"Allow": "POST"})
        return Reply(500, fault("samlp:StatusMessage", str(error), detail=True), XML)

    def _result(self, question: Question, answer: Answer, twist: str) -> Result:
        if answer.decision is Decision.INDETERMINATE:
            return _failed(answer.message)
        if answer.account:
            obligations = self._obligations(answer.account, question)
            if obligations is None:
                return _failed("The account has a group, and the client does not know the account obligation")
            again = self._obligations(NOBODY, question) or ()
            on = [replace(each, on=answer.decision) for each in spoilt(obligations, twist, again)]
            return Result(answer.decision, STATUS + "ok", on)
        if twist == Fault.NO_OBLIGATION and answer.decision is Decision.PERMIT:
            return Result(answer.decision, STATUS + "ok")
        return Result(Decision.DENY, STATUS + "ok", (Obligation(INTEROP + "obligation/username"),))

    def _obligations(self, account: Account, question: Question) -> tuple[Obligation, ...] | None:
        """The account; None where it has a form that the client does not know."""
        if self.groups is Groups.NONE:
            return (username_of(account.user),)
        if self.groups is Groups.NUMBER:
            gid = Assignment(INTEROP + "attribute/posix-gid", str(account.gid))
            return username_of(account.user), Obligation(INTEROP + "obligation/uidgid", (gid,))
        if ACCOUNT not in question.supported:
            return None
        names = [("username", account.user), ("primary-groupname", account.group)]
        names += [("secondary-groupname", group) for group in account.groups]
        return (Obligation(ACCOUNT, tuple(Assignment(f"{INTEROP}attribute/{name}", value) for name, value in names)),)


def _failed(message: str) -> Result:
    return Result(Decision.INDETERMINATE, STATUS + "error", message=message)


def _fqans(query: saml.Query) -> tuple[str, ...]:
    """The primary one, which is all that GUMS reads; none where nobody vouches for it (our choice: it is a setting)."""
    id = claims.SUBJECT + "voms-primary-fqan"
    fqan = claims.first(query.subject, (id,))
    return claims.checked([fqan]) if fqan and query.issuers.get(id) != NO_ISSUER else ()
