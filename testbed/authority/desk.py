"""What is done with one request: read, understood, decided, answered, and written down."""

import time
from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import web

from testbed.authority.answer import Answer, Decision
from testbed.authority.breakage import Breakage, Breaker, Stage
from testbed.authority.claims import MAX_LENGTH
from testbed.authority.connection import Connection
from testbed.authority.face import Batch, Call, Face, Reply, Unreadable, Untrusted, Verify
from testbed.authority.gate import Full, Gate, TooLarge
from testbed.authority.log import Log
from testbed.authority.party import Party
from testbed.authority.question import Question
from testbed.authority.sabotage import response, spoilt
from testbed.authority.status import Counters
from testbed.authority.twists import altered

Routes = Mapping[tuple[str, str], Face]
"""Which face answers at which port (its name in `Ports`) under which path."""

MOST = 100
"""Headers of a request."""


class Decides(Protocol):
    """The decision core, as far as the desk needs it."""

    def decide(self, question: Question) -> Answer:
        """The answer to a question."""


class Desk:
    """Serves requests of every face."""

    def __init__(
        self, service: Decides, routes: Routes, verify: Verify, breaker: Breaker, log: Log, gate: Gate
    ) -> None:
        self._service = service
        self._routes = routes
        self._batches = {place: face for place, face in routes.items() if isinstance(face, Batch)}
        self._verify = verify
        self._breaker = breaker
        self._log = log
        self.gate = gate
        self.counters = Counters()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request, whatever becomes of it."""
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.begins()
        try:
            return await self._served(connection, request)
        finally:
            connection.ends()

    async def _served(self, connection: Connection, request: web.BaseRequest) -> web.StreamResponse:
        started = time.perf_counter()
        if len(request.raw_headers) > MOST:
            return self._refused(connection, request, 431, f"more than {MOST} headers")
        if request.path == "/status" and connection.port == "argus":
            return web.Response(text=self.counters.page())
        face = self._routes.get((connection.port, request.path))
        if face is None:
            return self._refused(connection, request, 404, "no such path")
        broken = self._breaker.take(Stage.GATE, Stage.ANSWER, Stage.RESPONSE)
        try:
            with self.gate:
                body = await self.gate.read(request)
        except Full as error:
            return self._refused(connection, request, 503, str(error), "queue-full" if broken else "")
        except TooLarge as error:
            return self._refused(connection, request, 413, str(error))
        except TimeoutError:
            return self._refused(connection, request, 408, "no whole request within the time limit")
        except ConnectionError as error:
            return self._refused(connection, request, 400, f"the client went away: {error}")
        reply, line = self._answered(face, connection, request, body, broken)
        line |= {"ms": round((time.perf_counter() - started) * 1000, 3), "peer": connection.peer}
        if broken is None or broken.stage is not Stage.RESPONSE:
            self._log.add(**line, status=reply.status)
            return response(reply)
        self._log.add(**line | {"fault": broken.effect.value}, status=reply.status)
        return await spoilt(connection, request, reply, broken)

    def _answered(
        self, face: Face, connection: Connection, request: web.BaseRequest, body: bytes, broken: Breakage | None
    ) -> tuple[Reply, dict[str, Any]]:
        """The reply, and the line for the log."""
        self.counters.requests += 1
        call = Call(
            request.method,
            request.path,
            request.rel_url.raw_query_string,
            {name.lower(): value for name, value in request.headers.items()},
            body,
            self._asker(connection),
        )
        batch = self._batches.get((connection.port, request.path))
        return self._all(batch, call, broken, connection) if batch else self._one(face, call, broken)

    def _all(
        self, face: Batch, call: Call, broken: Breakage | None, connection: Connection
    ) -> tuple[Reply, dict[str, Any]]:
        """The reply to each part of a request, joined, and the line of the last one; the others are written down."""
        try:
            parts = face.parts(call)
        except Unreadable as error:
            self.counters.errors += 1
            return face.apology(call, error), _failed(
                "bad-request", face, call.asker.dn if call.asker else "", str(error)
            )
        replies: list[Reply] = []
        line: dict[str, Any] = {}
        for part in parts:
            if line:
                self._log.add(**line, peer=connection.peer, status=replies[-1].status)
            reply, line = self._one(face, part, broken)
            replies.append(reply)
            if face.enough(call, reply):
                break
        return face.joined(call, replies), line

    def _one(self, face: Face, call: Call, broken: Breakage | None) -> tuple[Reply, dict[str, Any]]:
        """The reply to one question, and the line for the log."""
        asker = call.asker.dn if call.asker else ""
        twist = broken.effect if broken and broken.effect in face.twists else ""
        try:
            question = _bounded(face.question(call, self._verify))
            answer = self._service.decide(question)
            reply = face.reply(question, answer, twist)
        except (Unreadable, Untrusted) as error:
            self.counters.errors += 1
            kind = "untrusted" if isinstance(error, Untrusted) else "bad-request"
            return face.apology(call, error), _failed(kind, face, asker, str(error))
        except Exception as error:  # a mistake of ours: the service goes on, and the client hears so
            self.counters.errors += 1
            return face.apology(call, error), _failed("broken", face, asker, f"{type(error).__name__}: {error}")
        said = altered(answer, twist)
        self.counters.errors += said.decision is Decision.INDETERMINATE
        return reply, _line(question, said, twist)

    def _asker(self, connection: Connection) -> Party | None:
        chain = connection.chain()
        if not chain:
            return None
        try:
            return self._verify(chain)
        except Untrusted as error:  # the handshake believed it; a revocation list may have changed since
            self._log.add("untrusted", port=connection.port, peer=connection.peer, problem=f"client: {error}")
            return None

    def _refused(
        self, connection: Connection, request: web.BaseRequest, status: int, why: str, fault: str = ""
    ) -> web.Response:
        connection.lingers()
        self._log.add(
            "bad-request" if status != 503 else "full",
            port=connection.port,
            peer=connection.peer,
            path=request.path,
            problem=why,
            status=status,
            fault=fault,
        )
        return response(Reply(status, f"{why}\n".encode()), close=True)


def _bounded(question: Question) -> Question:
    """The question, where its names are as long as real ones: they are remembered. Raises `Unreadable`."""
    for name in (question.resource, question.action, question.host, question.profile):
        if len(name) > MAX_LENGTH:
            raise Unreadable(f"{name[:200]!r}... has {len(name)} characters, more than {MAX_LENGTH}")
    return question


def _line(question: Question, answer: Answer, fault: str) -> dict[str, Any]:
    account = answer.account
    return {
        "kind": "decision",
        "face": question.face,
        "asker": question.asker.dn if question.asker else "",
        "subject": question.subject.dn,
        "fqans": question.subject.fqans,
        "verified": question.subject.verified,
        "pilot": question.pilot.dn if question.pilot else "",
        "resource": question.resource,
        "action": question.action,
        "node": question.host,
        "decision": answer.decision.value,
        "account": account.user if account else "",
        "uid": account.uid if account else None,
        "gid": account.gid if account else None,
        "gids": account.gids if account else (),
        "reason": answer.reason,
        "message": answer.message,
        "cached": answer.cached,
        "fault": str(fault),
    }


def _failed(kind: str, face: Face, asker: str, why: str) -> dict[str, Any]:
    return {"kind": kind, "face": face.name, "asker": asker, "problem": why, "fault": ""}
