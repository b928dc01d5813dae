"""The control port: breaks and mends the service, bans, reads its log. HTTPS with a bearer token, JSON."""

import hmac
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web

from testbed.authority.breakage import Breakage, Breaker
from testbed.authority.caches import Lifetimes
from testbed.authority.chain import Chains
from testbed.authority.connection import Connection
from testbed.authority.log import Log
from testbed.authority.server import Server
from testbed.authority.trust import Trust
from testbed.model.problem import Problem

LARGEST = 1024 * 1024
PARTS = ("what", "where", "found", "expected", "cause", "remedy")
Act = Callable[[dict[str, Any]], dict[str, object]]


class Governed(Protocol):
    """The decision core, as far as it can be governed."""

    def ban(self, kind: str, value: str, pap: str = ...) -> None:
        """Ban somebody."""

    def unban(self, kind: str, value: str, pap: str = ...) -> None:
        """Take a ban back."""

    def set_policy(self, pap: str, text: str) -> None:
        """Give a PAP another policy."""

    def policies(self) -> dict[str, str]:
        """What the PAPs hold."""

    def refresh(self) -> None:
        """PAP: look at the central one."""

    def reload(self) -> None:
        """PDP: ask the PAP."""

    def clear(self) -> None:
        """PEP daemon: forget responses."""

    def lifetimes(self) -> Lifetimes:
        """How long the caches keep what they have."""

    def set_lifetimes(self, pap_poll: float | None, pdp_retention: float | None, pepd: float | None) -> None:
        """Other ones."""

    def reset(self) -> None:
        """As at the start."""


class Control:
    """What can be asked of the service behind its faces."""

    def __init__(
        self, service: Governed, server: Server, breaker: Breaker, log: Log, trust: Trust | None, chains: Chains | None
    ) -> None:
        self._service = service
        self._server = server
        self._breaker = breaker
        self._log = log
        self._trust = trust
        self._chains = chains

    def reset(self, body: dict[str, Any]) -> dict[str, object]:
        """No fault, empty log, empty caches; policies, lifetimes and leases as at the start."""
        started = time.perf_counter()
        self._server.put(Breakage())
        self._service.reset()
        if self._trust is not None:
            self._trust.look()
        if self._chains is not None:
            self._chains.forget()
        self._log.clear()
        return {"ms": round((time.perf_counter() - started) * 1000, 3), "seq": self._log.last}

    def put_fault(self, body: dict[str, Any]) -> dict[str, object]:
        """Break something."""
        self._server.put(Breakage.parse(body))
        return self._breaker.data()

    def mend(self, body: dict[str, Any]) -> dict[str, object]:
        """Break nothing any more."""
        self._server.put(Breakage())
        return self._breaker.data()

    def ban(self, body: dict[str, Any]) -> dict[str, object]:
        """Ban somebody at one of the PAPs."""
        kind, value, pap = _texts(body, kind=None, value=None, pap="local")
        self._service.ban(kind, value, pap)
        return self._told("ban", who=f"{kind}={value}", pap=pap)

    def unban(self, body: dict[str, Any]) -> dict[str, object]:
        """Take a ban back."""
        kind, value, pap = _texts(body, kind=None, value=None, pap="local")
        self._service.unban(kind, value, pap)
        return self._told("unban", who=f"{kind}={value}", pap=pap)

    def policy(self, body: dict[str, Any]) -> dict[str, object]:
        """Another policy."""
        pap, text = _texts(body, pap="local", text=None)
        self._service.set_policy(pap, text)
        return self._told("policy", pap=pap)

    def refresh(self, body: dict[str, Any]) -> dict[str, object]:
        """pap-admin refresh-cache."""
        self._service.refresh()
        return self._told("refresh-cache")

    def reload(self, body: dict[str, Any]) -> dict[str, object]:
        """pdpctl reloadPolicy."""
        self._service.reload()
        return self._told("reload-policy")

    def clear(self, body: dict[str, Any]) -> dict[str, object]:
        """pepdctl clearResponseCache."""
        self._service.clear()
        return self._told("clear-response-cache")

    def set_lifetimes(self, body: dict[str, Any]) -> dict[str, object]:
        """Other lifetimes of the caches, in seconds."""
        names = ("pap_poll", "pdp_retention", "pepd")
        for key, value in body.items():
            if key not in names or isinstance(value, bool) or not isinstance(value, int | float):
                expected = f"a number for one of {', '.join(names)}"
                raise Problem("this is no lifetime", where=key[:80], found=repr(value)[:80], expected=expected)
        self._service.set_lifetimes(*(body.get(name) for name in names))
        self._told("lifetimes", **body)
        return self.lifetimes(body)

    def lifetimes(self, body: dict[str, Any]) -> dict[str, object]:
        """The lifetimes as they are."""
        now = self._service.lifetimes()
        return {"pap_poll": now.pap_poll, "pdp_retention": now.pdp_retention, "pepd": now.pepd}

    def _told(self, event: str, **parts: object) -> dict[str, object]:
        self._log.add("control", event=event, **parts)
        return {"seq": self._log.last}

    def application(self, token: str) -> web.Application:
        """The requests, for whoever knows the token; an empty one lets everybody in, on loopback."""
        acts: dict[tuple[str, str], Act] = {
            ("GET", "/ready"): lambda _: {"ready": True},
            ("GET", "/fault"): lambda _: self._breaker.data(),
            ("PUT", "/fault"): self.put_fault,
            ("DELETE", "/fault"): self.mend,
            ("POST", "/reset"): self.reset,
            ("POST", "/ban"): self.ban,
            ("POST", "/unban"): self.unban,
            ("GET", "/policy"): lambda _: dict(self._service.policies()),
            ("POST", "/policy"): self.policy,
            ("POST", "/refresh-cache"): self.refresh,
            ("POST", "/reload-policy"): self.reload,
            ("POST", "/clear-response-cache"): self.clear,
            ("GET", "/lifetimes"): self.lifetimes,
            ("PUT", "/lifetimes"): self.set_lifetimes,
        }
        application = web.Application(middlewares=[_guard(token)], client_max_size=LARGEST)
        for (method, path), act in acts.items():
            application.router.add_route(method, path, _handler(act))
        application.router.add_get("/log", self._read_log)
        return application

    async def _read_log(self, request: web.Request) -> web.Response:
        """Lines of the decision log after the number ``since``."""
        since = request.query.get("since", "0")
        if not since.isdecimal() or len(since) > 15:
            return _problem(400, Problem("no number of a line", found=since[:80], expected="/log?since=0"))
        lines = "".join(f"{line}\n" for line in self._log.since(int(since)))
        return web.Response(text=lines, content_type="application/jsonl")


def _handler(act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError as error:
            return _problem(400, Problem("this is no JSON", cause=str(error)))
        if not isinstance(body, dict):
            return _problem(400, Problem("this is no JSON object", found=repr(body)[:80]))
        try:
            return web.json_response(act(body))
        except Problem as problem:
            return _problem(409, problem)

    return handle


def _guard(token: str) -> Any:
    @web.middleware
    async def guard(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.begins()
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        try:
            if token and not hmac.compare_digest(given, f"Bearer {token}".encode()):
                connection.lingers()
                return _problem(
                    401, Problem("the control port wants its token", expected="Authorization: Bearer TOKEN")
                )
            return await handler(request)
        finally:
            connection.ends()

    return guard


def _texts(body: dict[str, Any], **known: str | None) -> list[str]:
    """Texts of a body in the order asked for, None: there is no default. Raises `Problem`."""
    for key in body:
        if key not in known:
            raise Problem("no such part of a request", found=key[:80], expected=", ".join(known))
    values: list[str] = []
    for key, default in known.items():
        value = body.get(key, default)
        if not isinstance(value, str) or not value:
            raise Problem("a part of the request is missing", where=key, found=repr(value)[:80], expected="a text")
        values.append(value)
    return values


def _problem(status: int, problem: Problem) -> web.Response:
    return web.json_response({"problem": {part: getattr(problem, part) for part in PARTS}}, status=status)
