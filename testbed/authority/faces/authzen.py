"""AuthZEN 1.0: POST ``/access/v1/evaluation``, JSON both ways, the account in the response's ``context``.

Source: OpenID Authorization API 1.0. What it leaves open is ours: ``subject.id`` is a distinguished name in either
form, ``subject.properties`` has ``fqans`` and ``certificates`` (PEM), ``context`` has ``host`` and ``pilot``, which is
a subject too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from testbed.authority import claims, pem
from testbed.authority.answer import Account, Answer, Decision
from testbed.authority.face import Call, Reply, Unreadable, Untrusted, Verify
from testbed.authority.party import Party
from testbed.authority.question import Question
from testbed.authority.twists import ANSWERS, altered

JSON = "application/json"
REQUEST_ID = "x-request-id"
Object = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Authzen:
    """One face. ``decision`` is true for a Permit only; what the service could not decide is HTTP 500."""

    name = "authzen"
    twists = tuple(ANSWERS)

    def question(self, call: Call, verify: Verify) -> Question:
        """The question of one evaluation."""
        if call.method != "POST":
            raise Unreadable(f"{call.method}, not POST")
        body = decoded(call.body)
        context = member(body, "context", optional=True)
        pilot = context.get("pilot")
        resource, action = member(body, "resource"), member(body, "action")
        text(resource, "type")
        return Question(
            face=self.name,
            subject=_party(member(body, "subject"), verify),
            resource=text(resource, "id"),
            action=text(action, "name"),
            pilot=None if pilot is None else _party(_object(pilot, "context.pilot"), verify),
            asker=call.asker,
            host=text(context, "host", optional=True),
            raw=call,
        )

    def reply(self, question: Question, answer: Answer, twist: str = "") -> Reply:
        """200 with yes or no, and what is behind it in the context."""
        answer = altered(answer, twist)
        call = question.raw
        assert isinstance(call, Call)
        if answer.decision is Decision.INDETERMINATE:
            return _failed(call, 500, answer.message or answer.reason)
        return written(call, evaluation(answer))

    def apology(self, call: Call, error: Exception) -> Reply:
        """The reason as text: 400 for a bad request or a chain that is not believed, 500 for a failure of ours."""
        if call.method != "POST":
            return Reply(405, b"POST is expected\n", headers={"Allow": "POST"})
        return _failed(call, 400 if isinstance(error, Unreadable | Untrusted) else 500, str(error))


def decoded(body: bytes) -> Object:
    """The JSON object that a body is, without keys that stand twice. Raises `Unreadable`."""
    try:
        return _object(json.loads(body, object_pairs_hook=_once, parse_constant=_no_number), "the body")
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"no JSON: {error}") from None


def member(holder: Object, name: str, *, optional: bool = False) -> Object:
    """An object within another. Raises `Unreadable`."""
    return {} if optional and name not in holder else _object(holder.get(name), name)


def text(holder: Object, name: str, *, optional: bool = False) -> str:
    """A text within an object. Raises `Unreadable`."""
    value = holder.get(name, "" if optional else None)
    if not isinstance(value, str) or not (value or optional):
        raise Unreadable(f"{name} has to be a text")
    return value


def evaluation(answer: Answer) -> Object:
    """One element of a response."""
    context: dict[str, object] = {"decision": answer.decision.value, "reason": answer.reason}
    if answer.message:
        context["message"] = answer.message
    if answer.account and answer.decision is Decision.PERMIT:
        context["account"] = _account(answer.account)
    return {"decision": answer.decision is Decision.PERMIT, "context": context}


def written(call: Call, body: Object) -> Reply:
    """A response; the client's identifier of its request comes back in it."""
    return Reply(200, json.dumps(body).encode(), JSON, _again(call))


def _party(subject: Object, verify: Verify) -> Party:
    text(subject, "type")
    name = claims.slashed(text(subject, "id"))
    properties = member(subject, "properties", optional=True)
    if "certificates" in properties:
        return verify(pem.certificates(text(properties, "certificates")))
    fqans = properties.get("fqans", [])
    if not isinstance(fqans, list) or not all(isinstance(fqan, str) for fqan in fqans):
        raise Unreadable("fqans has to be a list of texts")
    return Party(name, fqans=claims.checked(fqans))


def _account(account: Account) -> Object:
    return {
        "user": account.user,
        "uid": account.uid,
        "group": account.group,
        "gid": account.gid,
        "groups": list(account.groups),
        "gids": list(account.gids),
    }


def _object(value: object, name: str) -> Object:
    if not isinstance(value, dict):
        raise Unreadable(f"{name} has to be an object")
    return value


def _once(pairs: list[tuple[str, object]]) -> Object:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number")


def _failed(call: Call, status: int, why: str) -> Reply:
    return Reply(status, why.encode(errors="replace") + b"\n", "text/plain; charset=utf-8", _again(call))


def _again(call: Call) -> Mapping[str, str]:
    return {"X-Request-ID": call.headers[REQUEST_ID]} if REQUEST_ID in call.headers else {}
