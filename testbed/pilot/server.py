"""The VO's HTTPS face: owners submit payloads, the operator sends pilots, pilots fetch payloads and report."""

import asyncio
import json
import re
import socket
import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from testbed.authority.chain import Chains
from testbed.authority.connection import Connection
from testbed.authority.face import Untrusted
from testbed.authority.listener import Listener, Room
from testbed.authority.log import Log
from testbed.authority.secure import Secure
from testbed.authority.settings import Limits
from testbed.authority.trust import Trust
from testbed.model.problem import Problem
from testbed.pilot import bodies, tls
from testbed.pilot.factory import Reach, by_ssh
from testbed.pilot.home import Home
from testbed.pilot.leases import LEASE
from testbed.pilot.office import Answer, Office
from testbed.pilot.routes import ROUTES, Act
from testbed.pilot.store import Store, Unwritten
from testbed.pilot.visitor import Forbidden, Visitor
from testbed.pilot.work_office import hear

LARGEST = 8 * 1024 * 1024
"""Bytes of a request's body: a report carries at most 1 MiB of each stream, a payload 4 MiB of sandbox, one third more
in base64."""
LIMITS = Limits(body=LARGEST, handshake=10.0, read=30.0, idle=120.0, connections=4096)
BODIES, OWNERS_BODIES = 16, 2
"""Bodies that are read at a time from the robot, pilots included, and from each owner of payloads; who comes later
waits. Nobody waits for anybody else's."""
END = 0.5
"""Seconds in which everything has to be over once it is to end."""
FILE = "queue.db"
"""Where the queue lies in the VO's folder."""
PARTS = ("what", "where", "found", "expected", "cause", "remedy")


class Server:
    """Listens, and hears nobody but the VO's own robot and those whose proxies it keeps."""

    def __init__(
        self,
        home: Home,
        address: str,
        port: int,
        reach: Reach = by_ssh,
        *,
        file: Path | None = None,
        lease: float = LEASE,
    ) -> None:
        self._home = home
        self._reach = reach
        self._lease = lease
        self._file = file or home.folder / FILE
        self._context = tls.server_context(home.folder)
        self._chains = Chains(Trust(home.folder / "certificates", home.folder / "vomsdir"))
        self._log = Diary(size=1)
        self._bodies: dict[str, asyncio.Semaphore] = {}
        self._http = web.Server(self._handle)
        room = Room(LIMITS.connections, lambda peer: self._log.add("refused", peer=peer, problem="no room"))
        self._listener = Listener("the VO", address, port, self._serve, room)
        self._store: Store | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.port

    async def start(self) -> None:
        """Take the queue up where it was left, and listen. Raises `Problem`."""
        self._store = Store(self._file)
        self._listener.open()
        self.office = Office(self._home, self._store, self._chains, self.port, self._reach, self._lease)
        self._watch = asyncio.create_task(self.office.watch())

    async def stop(self) -> None:
        """Listen no more, end every connection, close the queue."""
        await self._listener.end(END)
        if self._watch is not None:
            self._watch.cancel()
        if self._store is not None:
            self._store.close()

    async def _serve(self, listener: Listener, taken: socket.socket, peer: str) -> None:
        """One connection from its first to its last moment."""
        clerk = Clerk(self._http, self._log, LIMITS, "https", peer)
        secure = Secure(self._context, clerk, LIMITS.handshake)
        transport: asyncio.BaseTransport | None = None
        try:
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: secure, taken)
            await secure.greeted
            await clerk.gone
        except (ssl.SSLError, OSError) as error:
            self._log.add("connection", peer=peer, problem=str(error) or type(error).__name__)
            await secure.over
        finally:
            clerk.over()
            if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
                transport.abort()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        clerk = request.protocol
        assert isinstance(clerk, Clerk)
        clerk.begins()
        try:
            return await self._answered(request, clerk)
        except Forbidden as problem:
            self._log.add("refused", peer=clerk.peer, problem=problem.what, found=problem.found)
            return _answer(403, _problem(problem), close=not request.content.at_eof())
        except Unwritten as problem:
            self._log.add("not written", peer=clerk.peer, problem=problem.cause)
            return _answer(503, _problem(problem))
        except Problem as problem:
            return _answer(409, _problem(problem))
        finally:
            clerk.ends()

    async def _answered(self, request: web.BaseRequest, clerk: "Clerk") -> web.Response:
        visitor = self._visitor(clerk)
        path, _, query = request.path_qs.partition("?")
        route = next(_routes(request.method, path), None)
        if route is None:
            problem = Problem("no such request", found=f"{request.method} {path[:200]}")
            return _answer(404, _problem(problem), close=True)
        act, found = route
        if request.method == "POST" and (request.content_length is None or request.content_length > LARGEST):
            problem = Problem("a request without a length, or too large", expected=f"at most {LARGEST} bytes")
            return _answer(413, _problem(problem), close=True)
        try:
            body = await self._body(request, visitor) if request.method == "POST" else bodies.query(query)
        except TimeoutError:
            problem = Problem("a request that comes too slowly", expected=f"all of it within {LIMITS.read:g} s")
            return _answer(408, _problem(problem), close=True)
        except (EOFError, ConnectionError):
            return _answer(400, _problem(Problem("a request that ends too early")), close=True)
        except Problem as wrong:
            return _answer(400, _problem(wrong))
        try:
            return _answer(200, await act(self.office, visitor, body, *found.groups()))
        except Problem as problem:
            if act is hear and not isinstance(problem, Forbidden | Unwritten):
                # It is not this pilot's payload any more: whatever it still runs, it should end.
                return _answer(409, {**_problem(problem), "stop": True})
            raise

    async def _body(self, request: web.BaseRequest, visitor: Visitor) -> Answer:
        turn = self._bodies.setdefault(visitor.dn, asyncio.Semaphore(OWNERS_BODIES if visitor.owns else BODIES))
        text = b""
        if length := request.content_length:
            async with turn, asyncio.timeout(LIMITS.read):
                text = await request.content.readexactly(length)
        return bodies.parsed(text)

    def _visitor(self, clerk: "Clerk") -> Visitor:
        try:
            party = self._chains(clerk.chain())
        except Untrusted as error:
            raise Forbidden("the VO gives no answer to whom it does not trust", cause=str(error)) from None
        bound = self.office.own.made(party.chain)
        return Visitor.of(party, self._home, self.office.proxies.owners, bound=bound)


class Clerk(Connection):
    """One connection; what is no HTTP is answered in the VO's own form."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no HTTP, took too long, or is a mistake of ours."""
        super().handle_error(request, status, exc, message)
        return _answer(status, _problem(Problem("bad request" if status < 500 else "internal error")), close=True)


class Diary(Log):
    """A line on standard error for what went wrong; nothing for single requests: the history says it better."""

    def add(self, kind: str, **parts: object) -> None:
        """One line."""
        said = ", ".join(f"{name} {value}" for name, value in parts.items() if value)
        print(f"vo: {kind}: {said}"[:2000], file=sys.stderr, flush=True)


def _routes(method: str, path: str) -> Iterator[tuple[Act, re.Match[str]]]:
    """What is meant by a request: one thing, or nothing."""
    for each, pattern, act in ROUTES:
        if each == method and (found := re.fullmatch(pattern, path)):
            yield act, found


def _answer(status: int, answer: Answer, *, close: bool = False) -> web.Response:
    response = web.Response(status=status, body=json.dumps(answer).encode(), content_type="application/json")
    if close:
        response.force_close()
    return response


def _problem(problem: Problem) -> Mapping[str, Any]:
    return {"problem": {part: getattr(problem, part) for part in PARTS}}
