"""AuthZEN 1.0's batch: POST ``/access/v1/evaluations``, several evaluations in one request, with what they share."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from testbed.authority.face import Call, Reply, Unreadable
from testbed.authority.faces.authzen import JSON, Authzen, Object, decoded, member, text, written

SEMANTICS = ("execute_all", "deny_on_first_deny", "permit_on_first_permit")
SHARED = ("subject", "action", "resource", "context")
MAX_EVALUATIONS = 100
MAX_BYTES = 16 << 20
"""Of all evaluations together, each with what they share: a body of a megabyte would be a hundred."""


@dataclass(frozen=True, slots=True)
class AuthzenBatch(Authzen):
    """One face. Without ``evaluations`` a request is a single one, and so is its response."""

    def parts(self, call: Call) -> Sequence[Call]:
        """One call for each evaluation: its own members, and for those it lacks the shared ones."""
        if call.method != "POST":
            raise Unreadable(f"{call.method}, not POST")
        body = decoded(call.body)
        evaluations = _evaluations(body)
        if len(evaluations) * len(call.body) > MAX_BYTES:
            raise Unreadable(
                f"{len(evaluations)} evaluations in {len(call.body)} bytes unfold to more than {MAX_BYTES}"
            )
        _semantic(body)
        shared = {key: body[key] for key in SHARED if key in body}
        return [replace(call, body=json.dumps({**shared, **each}).encode()) for each in evaluations] or [call]

    def enough(self, call: Call, reply: Reply) -> bool:
        """Whether the request wants to hear of the first no, or of the first yes, only. An error is a no here."""
        semantic = _semantic(decoded(call.body))
        return semantic != SEMANTICS[0] and _said(reply)["decision"] is (semantic == SEMANTICS[2])

    def joined(self, call: Call, replies: Sequence[Reply]) -> Reply:
        """All of them; one that failed is a no with its error in the context, as the API says."""
        if not _evaluations(decoded(call.body)):
            return replies[0]
        return written(call, {"evaluations": [_said(reply) for reply in replies]})


def _evaluations(body: Object) -> list[dict[str, object]]:
    found = body.get("evaluations", [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unreadable("evaluations has to be a list of objects")
    if len(found) > MAX_EVALUATIONS:
        raise Unreadable(f"{len(found)} evaluations, more than {MAX_EVALUATIONS}")
    return found


def _semantic(body: Object) -> str:
    semantic = text(member(body, "options", optional=True), "evaluations_semantic", optional=True) or SEMANTICS[0]
    if semantic not in SEMANTICS:
        raise Unreadable(f"evaluations_semantic is {semantic[:80]!r}, not one of {', '.join(SEMANTICS)}")
    return semantic


def _said(reply: Reply) -> Object:
    """One element of the response."""
    if reply.content_type == JSON:
        return decoded(reply.body)
    error = {"status": reply.status, "message": reply.body.decode().strip()}
    return {"decision": False, "context": {"error": error}}
