"""The control port of an authority host: faults, bans, caches, the decision log, and back to how it began."""

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from testbed.credentials.grid import Grid
from testbed.credentials.service import CONTROL
from testbed.lab.wait import eventually
from testbed.model.fault import Fault
from testbed.model.problem import Problem

PORT = 8199
LIMIT = 5.0
"""Seconds for one request."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the decision log."""

    number: int
    kind: str
    """``decision``, ``bad-request``, ``connection``, ``fault`` or ``control``."""
    parts: Mapping[str, object]
    """Everything that the line says, by name."""

    def text(self, name: str) -> str:
        """One part as text; empty where the line does not say it."""
        value = self.parts.get(name)
        return "" if value is None else str(value)


class Control:
    """A kept-open connection to the control port of one host. May be used from several threads.

    >>> control.break_with(Fault.FLAKY, times=2)  # doctest: +SKIP
    """

    def __init__(self, name: str, address: str, grid: Grid) -> None:
        self.name = name
        self.address = address
        self._token = grid.read(CONTROL).decode()
        self._context = ssl.create_default_context(cadata=grid.read("authority/ca.cert.pem").decode())
        self._lock = threading.Lock()
        self.begun_again = False
        """Whether the service is another process than the one that the world began with."""
        self._connection: http.client.HTTPConnection | None = None

    def wait(self, within: float) -> bool:
        """Whether it was ready within so many seconds."""

        def ready() -> bool:
            try:
                self._ask("GET", "/ready", limit=within)
            except Problem:
                return False
            return True

        return eventually(ready, within=within)

    def fault(self) -> Mapping[str, object]:
        """What is broken just now, ``{"fault": "none", ...}`` where nothing is."""
        return self._object("GET", "/fault")

    def break_with(self, fault: Fault, **parameters: object) -> None:
        """Break something; ``seconds``, ``times`` and the like as the service takes them (docs/authority.md)."""
        self._ask("PUT", "/fault", {"fault": fault, **parameters})

    def heal(self) -> None:
        """Break nothing any more."""
        self._ask("DELETE", "/fault")

    def log(self, since: int = 0) -> list[Line]:
        """The decision log after the line of this number."""
        lines = [json.loads(line) for line in self.raw_log(since).splitlines()]
        return [Line(int(line["seq"]), str(line["kind"]), line) for line in lines]

    def raw_log(self, since: int = 0) -> bytes:
        """The same as the service has it: one JSON object a line."""
        return self._ask("GET", f"/log?since={since}")

    def reset(self) -> None:
        """Back to how it began: no fault, empty log and caches, the policies and the leases of its start."""
        self._ask("POST", "/reset")

    def ban(self, kind: str, value: str, pap: str = "local") -> Mapping[str, object]:
        """Ban somebody at a PAP: by ``subject``, ``fqan``, ``pfqan``, ``vo`` or ``subject-issuer``."""
        return self._object("POST", "/ban", {"kind": kind, "value": value, "pap": pap})

    def unban(self, kind: str, value: str, pap: str = "local") -> Mapping[str, object]:
        """Take a ban back."""
        return self._object("POST", "/unban", {"kind": kind, "value": value, "pap": pap})

    def refresh_cache(self) -> None:
        """Have the PAP fetch the central policies now (``pap-admin refresh-cache``)."""
        self._ask("POST", "/refresh-cache")

    def reload_policy(self) -> None:
        """Have the PDP fetch the policies now (``pdpctl reloadPolicy``)."""
        self._ask("POST", "/reload-policy")

    def clear_response_cache(self) -> None:
        """Have the PEP daemon forget its answers (``pepdctl clearResponseCache``)."""
        self._ask("POST", "/clear-response-cache")

    def clear_caches(self) -> None:
        """All three, in the order in which a policy travels."""
        self.refresh_cache()
        self.reload_policy()
        self.clear_response_cache()

    def lifetimes(self, **seconds: float) -> Mapping[str, object]:
        """How long is remembered, in seconds; ``pap_poll``, ``pdp_retention`` and ``pepd`` are set first if given."""
        return self._object("PUT", "/lifetimes", seconds) if seconds else self._object("GET", "/lifetimes")

    def policy(self, text: str, pap: str = "local") -> None:
        """Give a PAP another policy."""
        self._ask("POST", "/policy", {"pap": pap, "text": text})

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            self._drop()

    def _object(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Mapping[str, object]:
        answer: Mapping[str, object] = json.loads(self._ask(method, path, body) or b"{}")
        return answer

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None, *, limit: float = LIMIT) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        with self._lock:
            try:
                status, answer = self._exchange(method, path, content, headers, limit)
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                raise self._problem(f"{method} {path}", str(error) or type(error).__name__) from error
        if status >= 300:
            raise self._refusal(f"{method} {path}", status, answer)
        return answer

    def _exchange(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str], limit: float
    ) -> tuple[int, bytes]:
        kept = self._connection is not None
        try:
            return self._once(method, path, content, headers, limit)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
            if not kept:
                raise
            self._drop()  # the service has ended a connection that was idle, or was started anew
            return self._once(method, path, content, headers, limit)

    def _once(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str], limit: float
    ) -> tuple[int, bytes]:
        if self._connection is None:
            plug = socket.create_connection((self.address, PORT), timeout=limit)
            plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection = http.client.HTTPConnection(self.name, PORT, timeout=limit)
            self._connection.sock = self._context.wrap_socket(plug, server_hostname=self.name)
        self._connection.request(method, quote(path, safe="/?=&"), content, headers)
        with self._connection.getresponse() as response:
            return response.status, response.read()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _refusal(self, wanted: str, status: int, answer: bytes) -> Problem:
        """What the service says is wrong with what it was asked, in its own words where it has some."""
        with contextlib.suppress(ValueError, KeyError, TypeError):
            said = json.loads(answer)["problem"]
            where = f"{self.name}: {said.pop('where')}".rstrip(": ")
            return Problem(said.pop("what"), where=where, **said)
        return self._problem(wanted, f"{status} {answer[:2000].decode(errors='replace')}")

    def _problem(self, wanted: str, found: str) -> Problem:
        return Problem(
            "the control port of the authority did not do what was asked",
            where=f"{self.name} ({self.address}:{PORT}), {wanted}",
            found=found,
        )
