"""How scenarios speak with the VO: submit payloads, send pilots, wait for what became of them."""

import http.client
import json
import socket
import ssl
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from testbed.model.problem import Problem
from testbed.pilot.bans import Ban
from testbed.pilot.history import Change, Line
from testbed.pilot.order import Order, PilotEnd
from testbed.pilot.payload import Payload, Report, decode
from testbed.pilot.plan import Plan
from testbed.pilot.tls import client_context

PORT = 8443
NAME = "pilot"
"""The host name that the VO's certificate must show, whatever address it is reached at."""
ANSWER_LIMIT = 20.0
"""Seconds for an answer, beyond what the request itself waits for: sending a pilot waits for ssh."""
LOOK = 2.0
"""Seconds between two looks at a pilot whose payload is waited for."""
ONE_WAIT = 50.0
"""Seconds of waiting in one request."""


class Vo:
    """The VO at an address, spoken to as its robot. Safe to use from many threads: each request connects anew.

    >>> payload = vo.submit(Payload("alice", ("/usr/bin/id", "-un")))  # doctest: +SKIP
    >>> vo.start_pilot(Order(Mode.SETUID))  # doctest: +SKIP
    >>> vo.wait(payload, limit=10).out  # doctest: +SKIP
    b'alpha001\\n'
    """

    def __init__(self, address: str, *, proxy: bytes, authorities: bytes, port: int = PORT) -> None:
        self.address = address
        self.port = port
        self._context = client_context(proxy, authorities.decode())

    def ready(self, limit: float) -> bool:
        """Whether the VO answers within ``limit`` seconds; False when nobody listens yet."""
        try:
            return bool(self._ask("GET", "/ready", {}, limit)["ready"])
        except OSError:
            return False

    def submit(self, payload: Payload, asked: str = "") -> str:
        """Queue a payload; its id. Said again with the same word ``asked`` (the answer was lost) it is the same one."""
        return str(self._post("/payloads", {**payload.json(), **({"asked": asked} if asked else {})})["payload"])

    def submit_all(self, payloads: Sequence[Payload]) -> Sequence[str]:
        """Queue many payloads over one connection; their ids, in this order."""
        connection = _Connection(self.address, self.port, self._context, ANSWER_LIMIT)
        try:
            return [str(_asked(connection, "POST", "/payloads", each.json())["payload"]) for each in payloads]
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Problem(
                "the VO gives no answer", where=f"https://{self.address}:{self.port}", cause=str(error)
            ) from error
        finally:
            connection.close()

    def list(self, *, waiting: bool = False) -> Sequence[Line]:
        """The newest payloads that the VO has of whoever asks; ``waiting``: without those that are over."""
        told = self._get("/payloads", waiting="yes" if waiting else "no")
        return [Line.parse(line) for line in told["payloads"]]

    def history(self, payload: str) -> tuple[Payload, Report, Sequence[Change]]:
        """A payload (without its sandbox), how it stands, and everything that happened to it."""
        told = self._get(f"/payloads/{payload}/history")
        changes = [Change.parse(change) for change in told["history"]]
        return Payload.parse(told["payload"]), Report.parse(told["report"]), changes

    def outputs(self, payload: str) -> bytes:
        """What a payload left for its owner, a tar; empty where nothing was brought back."""
        return decode(self._get(f"/payloads/{payload}/outputs")["outputs"])

    def delegate(self, owner: str, sign: Callable[[bytes], bytes]) -> float:
        """Renew the proxy of an owner by a key that the VO makes and keeps; ``sign`` makes a chain of a request.

        >>> vo.delegate("alice", lambda request: delegated(alice, request))  # doctest: +SKIP
        """
        request = str(self._post(f"/proxies/{owner}/request", {})["request"])
        return self.renew(owner, sign(request.encode()))

    def renew(self, owner: str, proxy: bytes) -> float:
        """Hand in a better proxy of an owner (certificate, key and chain in PEM); when that ends, in s since 1970."""
        return float(self._post(f"/proxies/{owner}", {"pem": proxy.decode()})["until"])

    def ban(self, who: str, why: str = "") -> str:
        """Serve an owner, or anybody by the DN, no more; the DN. What runs of that person is ended."""
        return str(self._post("/bans", {"who": who, "why": why})["dn"])

    def unban(self, who: str) -> str:
        """Serve somebody again; the DN."""
        return str(self._post("/bans/end", {"who": who})["dn"])

    def bans(self) -> Mapping[Ban, Sequence[str]]:
        """Who is banned, each with the owners that are this person."""
        return {Ban.parse(one): one["owners"] for one in self._get("/bans")["bans"]}

    def start_pilot(self, order: Order) -> str:
        """Send a pilot to a worker node; its id. It ends when the queue holds nothing for its slot."""
        return str(self._post("/pilots", order.json())["pilot"])

    def start_fleet(self, plan: Plan) -> None:
        """Keep pilots on worker nodes from now on, as long as something waits that they could take."""
        self._post("/fleets", plan.json())

    def fleets(self) -> Sequence[Mapping[str, Any]]:
        """Every fleet: its plan, how many pilots it has sent, how many payloads wait for it, how its nodes are."""
        told: Sequence[Mapping[str, Any]] = self._get("/fleets")["fleets"]
        return told

    def stop_fleet(self, name: str, *, hang_up: bool = False) -> Sequence[str]:
        """Send no more pilots of a fleet; the ids of those that are out. With ``hang_up`` these are ended as well."""
        out: Sequence[str] = self._post(f"/fleets/{name}/stop", {"hang_up": hang_up})["out"]
        return out

    def wait(self, payload: str, *, limit: float, until: str = "end") -> Report:
        """What is known of a payload when it has come to ``start``, ``output`` (a line of it) or ``end``.

        After ``limit`` seconds it is whatever is known by then: look at its state.
        """
        deadline = time.monotonic() + limit
        while True:
            left = max(deadline - time.monotonic(), 0.001)
            answer = self._get(f"/payloads/{payload}", until=until, limit=min(left, ONE_WAIT))
            if answer["reached"] or time.monotonic() >= deadline:
                return Report.parse(answer["report"])

    def end_of(self, payload: str, pilot: str, *, limit: float) -> Report:
        """The last report of a payload that this pilot was sent for.

        Raises `Problem` with the pilot's own log when it ended and left the payload in the queue. After ``limit``
        seconds it is whatever is known by then: look at its state.
        """
        deadline = time.monotonic() + limit
        while True:
            left = deadline - time.monotonic()
            end = self.wait_for_pilot(pilot, limit=0.001)
            report = self.wait(payload, limit=min(max(left, 0.001), LOOK))
            if report.state.final or left <= 0:
                return report
            if end.ended:
                raise Problem(
                    "the pilot ended without the payload",
                    where=f"{payload}, {pilot}",
                    found=f"{report.state}; {end.why or f'the pilot ended with {end.code}'}",
                    cause=end.err.decode(errors="replace"),
                )

    def wait_for_pilot(self, pilot: str, *, limit: float) -> PilotEnd:
        """How a pilot ended, or that it had not after ``limit`` seconds."""
        deadline = time.monotonic() + limit
        while True:
            left = max(deadline - time.monotonic(), 0.001)
            end = PilotEnd.parse(self._get(f"/pilots/{pilot}", limit=min(left, ONE_WAIT)))
            if end.ended or time.monotonic() >= deadline:
                return end

    def stop(self, payload: str) -> None:
        """Ask for the end of a payload; its pilot hears of it within half a second."""
        self._post(f"/payloads/{payload}/stop", {})

    def stop_pilot(self, pilot: str) -> None:
        """Hang up on a pilot, as a batch system does that takes its slot away."""
        self._post(f"/pilots/{pilot}/stop", {})

    def _post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._known("POST", path, body, ANSWER_LIMIT)

    def _get(self, path: str, *, limit: float = 0.0, **query: str) -> Mapping[str, Any]:
        if limit:
            query["limit"] = f"{limit:.3f}"
        return self._known("GET", f"{path}?{urllib.parse.urlencode(query)}", {}, limit + ANSWER_LIMIT)

    def _known(self, method: str, path: str, body: Mapping[str, Any], limit: float) -> Mapping[str, Any]:
        """Ask, and turn what only a person can mend into a `Problem`."""
        try:
            return self._ask(method, path, body, limit)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Problem(
                "the VO gives no answer",
                where=f"https://{self.address}:{self.port}{path}",
                cause=str(error) or type(error).__name__,
            ) from error

    def _ask(self, method: str, path: str, body: Mapping[str, Any], limit: float) -> Mapping[str, Any]:
        connection = _Connection(self.address, self.port, self._context, limit)
        try:
            return _asked(connection, method, path, body)
        finally:
            connection.close()


def _asked(
    connection: http.client.HTTPConnection, method: str, path: str, body: Mapping[str, Any]
) -> Mapping[str, Any]:
    """One answer; a `Problem` where the VO has one."""
    connection.request(method, path, json.dumps(body) if method == "POST" else None)
    answer: Mapping[str, Any] = json.loads(connection.getresponse().read())
    if "problem" in answer:
        raise Problem(**answer["problem"])
    return answer


class _Connection(http.client.HTTPConnection):
    """Connects to an address and expects the certificate of a name."""

    def __init__(self, address: str, port: int, context: ssl.SSLContext, limit: float) -> None:
        super().__init__(address, port, timeout=limit)
        self._tls = context

    def connect(self) -> None:
        """Connect, and shake hands."""
        plain = socket.create_connection((self.host, self.port), self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._tls.wrap_socket(plain, server_hostname=NAME)
