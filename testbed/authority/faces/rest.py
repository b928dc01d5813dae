"""lcmaps-rest: any method, ``/lcmaps/mapping/ssl`` for who made the connection, ``/lcmaps/mapping/rest`` for a name.

Source: lcmaps-rest of 2012, except for the forms of XML and HTML, which are ours.
"""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from testbed.authority import claims
from testbed.authority.answer import Account, Answer, Decision
from testbed.authority.face import Call, Reply, Unreadable, Untrusted, Verify
from testbed.authority.party import Party
from testbed.authority.question import EXECUTE_NOW, WORKER_NODE, Question
from testbed.authority.twists import ANSWERS, altered
from testbed.model.fault import Fault

HTML = "text/html; charset=utf-8"
TYPES = {"json": "application/json", "xml": "application/xml", "html": "text/html"}
MAX_FIELDS = 32
Tree = Mapping[str, "int | Tree | Sequence[Tree]"]


@dataclass(frozen=True, slots=True)
class Rest:
    """One face. ``fqans``: whether the parameter ``fqan`` counts; the real service documents it and ignores it."""

    fqans: bool = False
    name = "rest"
    twists = tuple(fault for fault in ANSWERS if fault != Fault.ACCOUNT_SHORTENED)
    """Without those of names: an account is a number here."""

    def question(self, call: Call, verify: Verify) -> Question:
        """The question of a request: there is only one resource and one action."""
        parameters = _parameters(call)
        _format(call, parameters)
        return Question(
            face=self.name,
            subject=self._subject(call, parameters),
            resource=WORKER_NODE,
            action=EXECUTE_NOW,
            asker=call.asker,
            raw=call,
        )

    def reply(self, question: Question, answer: Answer, twist: str = "") -> Reply:
        """200 with the account; 403 where there is none; 503 where the service could not decide."""
        answer = altered(answer, twist)
        call = question.raw
        assert isinstance(call, Call)
        if answer.decision is Decision.INDETERMINATE and answer.reason != "pool-exhausted":
            return _page(503, "LCMAPS could not be initialised")
        bare = twist == Fault.NO_OBLIGATION and answer.decision is Decision.PERMIT
        if not bare and (answer.decision is not Decision.PERMIT or answer.account is None):
            return _page(403, "Mapping failed")
        tree: Tree = {"lcmaps": {"mapping": {"posix": _posix(answer.account) if answer.account else {}}}}
        return _written(tree, _format(call, _parameters(call)))

    def apology(self, call: Call, error: Exception) -> Reply:
        """A page for people, whatever format was wanted: 400 for a bad request, 403 for somebody not believed."""
        if isinstance(error, Unreadable):
            return _page(400, str(error))
        return _page(403 if isinstance(error, Untrusted) else 500, str(error))

    def _subject(self, call: Call, parameters: Mapping[str, list[str]]) -> Party:
        if call.path.endswith("/ssl"):
            if call.asker is None:
                raise Unreadable("no client certificate")
            return call.asker
        names = parameters.get("subjectdn", [])
        if len(names) != 1 or not names[0]:
            raise Unreadable("subjectdn is missing, or stands twice")
        return Party(claims.slashed(names[0]), fqans=claims.checked(parameters.get("fqan", [])) if self.fqans else ())


def _parameters(call: Call) -> Mapping[str, list[str]]:
    try:
        return parse_qs(call.query, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Unreadable("a query that cannot be read") from None


def _format(call: Call, parameters: Mapping[str, list[str]]) -> str:
    """What the parameter says, else what the client accepts, else JSON."""
    if "format" in parameters:
        wanted = parameters["format"][-1]
        if wanted not in TYPES:
            raise Unreadable(f"{wanted[:80]!r} is no format: json, xml, html")
        return wanted
    accepted = [kind.split(";")[0].strip() for kind in call.headers.get("accept", "").split(",")]
    return next((word for kind in accepted for word, type in TYPES.items() if type == kind), "json")


def _posix(account: Account) -> Tree:
    """Numbers only; what there is none of is left out."""
    secondary: Sequence[Tree] = [{"id": gid} for gid in account.gids]
    return {"uid": {"id": account.uid}, "pgid": {"id": account.gid}} | ({"sgid": secondary} if secondary else {})


def _written(tree: Tree, format: str) -> Reply:
    if format == "json":
        return Reply(200, json.dumps(tree).encode(), TYPES[format])
    if format == "xml":
        return Reply(200, b'<?xml version="1.0" encoding="UTF-8"?>\n' + _xml(tree).encode(), TYPES[format])
    return _page(200, json.dumps(tree))


def _xml(tree: Tree) -> str:
    parts = []
    for name, value in tree.items():
        for one in value if isinstance(value, Sequence) else [value]:
            parts.append(f"<{name}>{one if isinstance(one, int) else _xml(one)}</{name}>")
    return "".join(parts)


def _page(status: int, text: str) -> Reply:
    text = html.escape(text)
    return Reply(status, f"<!DOCTYPE html>\n<html><body><p>{text}</p></body></html>\n".encode(errors="replace"), HTML)
