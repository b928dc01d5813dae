"""The VO's HTTPS face: operators submit payloads and send pilots, pilots fetch payloads and report."""

import contextlib
import json
import re
import socket
import ssl
import sys
import urllib.parse
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from testbed.model.problem import Problem
from testbed.pilot import tls
from testbed.pilot.factory import Factory, Reach, by_ssh
from testbed.pilot.home import Home
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, Report, State, seconds, with_types
from testbed.pilot.queue import Queue

NAME = "pilot"
"""The host name in the VO's certificate."""
LARGEST = 8 * 1024 * 1024
"""Bytes of a request's body: a report carries at most 1 MiB of each stream, one third more in base64."""
HANDSHAKE_LIMIT = 10.0
IDLE_LIMIT = 120.0
LONGEST_WAIT = 60.0
"""Seconds that a request may wait for news; who wants to wait longer asks again."""

Answer = Mapping[str, Any]

REACHED: Mapping[str, Callable[[Report], bool]] = {
    "start": lambda report: report.state is State.STARTED,
    "output": lambda report: b"\n" in report.out,
    "end": lambda report: report.state.final,
}
"""What an operator can wait for; `output` is a whole line of it."""


class Office:
    """What the VO does on each request: parsed JSON in, JSON data out, a `Problem` for what cannot be."""

    def __init__(self, home: Home, port: int, reach: Reach) -> None:
        self._home = home
        self._queue = Queue()
        self._factory = Factory(home, NAME, port, self._queue.pilot_ended, reach)

    def ready(self, body: Answer) -> Answer:
        """Whether the VO is there."""
        return {"ready": True}

    def submit(self, body: Answer) -> Answer:
        """Take a payload in."""
        payload = Payload.parse(body)
        self._home.proxy(payload.user)  # said now, not when a pilot has taken it
        return {"payload": self._queue.submit(payload)}

    def look(self, body: Answer, ident: str) -> Answer:
        """The report of a payload, once what the operator waits for is reached."""
        until = str(body.get("until", "end"))
        if until not in REACHED:
            raise Problem("nothing to wait for", found=until, expected=", ".join(REACHED))
        limit = min(seconds(body.get("limit")), LONGEST_WAIT)
        report = self._queue.wait(ident, REACHED[until], limit)
        return {"reached": report.state.final or REACHED[until](report), "report": report.json()}

    def stop_payload(self, body: Answer, ident: str) -> Answer:
        """Ask a payload's pilot to end it."""
        self._queue.stop(ident)
        return {}

    def start_pilot(self, body: Answer) -> Answer:
        """Send a pilot out."""
        return {"pilot": self._factory.start(Order.parse(body))}

    def look_at_pilot(self, body: Answer, ident: str) -> Answer:
        """How a pilot ended, or that it has not."""
        return self._factory.wait(ident, min(seconds(body.get("limit")), LONGEST_WAIT)).json()

    def stop_pilot(self, body: Answer, ident: str) -> Answer:
        """Hang up on a pilot."""
        self._factory.stop(ident)
        return {}

    def next(self, body: Answer) -> Answer:
        """Give a pilot its next payload, with its user's proxy."""
        with_types(body, pilot=str)
        order = self._factory.order(body["pilot"])
        taken = self._queue.take(body["pilot"], order.slot, order.start_limit)
        if taken is None:
            return {"payload": None}
        ident, payload = taken
        return {"payload": {**payload.json(), "id": ident, "proxy": self._home.proxy(payload.user)}}

    def report(self, body: Answer) -> Answer:
        """Hear what a pilot says of a payload, and say whether to end it."""
        return {"stop": self._queue.report(Report.parse(body))}


ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", r"/ready", Office.ready),
    ("POST", r"/payloads", Office.submit),
    ("GET", r"/payloads/([\w-]+)", Office.look),
    ("POST", r"/payloads/([\w-]+)/stop", Office.stop_payload),
    ("POST", r"/pilots", Office.start_pilot),
    ("GET", r"/pilots/([\w-]+)", Office.look_at_pilot),
    ("POST", r"/pilots/([\w-]+)/stop", Office.stop_pilot),
    ("POST", r"/next", Office.next),
    ("POST", r"/reports", Office.report),
)
"""Every request there is. The body of a GET is its query."""


class Clerk(BaseHTTPRequestHandler):
    """One connection: reads requests, finds who is asked, writes the answers."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_LIMIT
    disable_nagle_algorithm = True
    wbufsize = -1
    server: "Server"

    def do_GET(self) -> None:
        """Answer a question."""
        query = urllib.parse.urlsplit(self.path).query
        body: dict[str, Any] = dict(urllib.parse.parse_qsl(query))
        if "limit" in body:
            with contextlib.suppress(ValueError):  # what is no number is refused where it is used
                body["limit"] = float(body["limit"])
        self._serve(body)

    def do_POST(self) -> None:
        """Do what is asked."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            self.close_connection = True
            self._answer(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                _problem(Problem("a request without a length, or too large", expected=f"at most {LARGEST} bytes")),
            )
            return
        try:
            body = json.loads(self.rfile.read(int(length)) or b"{}")
            with_types(body)
        except (ValueError, Problem) as error:
            self._answer(
                HTTPStatus.BAD_REQUEST, _problem(Problem("a request that is no JSON object", cause=str(error)))
            )
            return
        self._serve(body)

    def _serve(self, body: Answer) -> None:
        path = urllib.parse.urlsplit(self.path).path
        for method, pattern, act in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == self.command:
                try:
                    answer = act(self.server.office, body, *found.groups())
                except Problem as problem:
                    self._answer(HTTPStatus.CONFLICT, _problem(problem))
                else:
                    self._answer(HTTPStatus.OK, answer)
                return
        self._answer(HTTPStatus.NOT_FOUND, _problem(Problem("no such request", found=f"{self.command} {path}")))

    def _answer(self, status: HTTPStatus, answer: Answer) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of single requests: the reports say it better."""


class Server(ThreadingHTTPServer):
    """Listens, and lets in nobody but the VO's own robot."""

    daemon_threads = True

    def __init__(self, home: Home, address: str, port: int, reach: Reach = by_ssh) -> None:
        super().__init__((address, port), Clerk)
        self._robot = home.robot_dn
        self._context = tls.server_context(home.folder)
        self.office = Office(home, self.server_address[1], reach)

    def server_bind(self) -> None:
        """Bind without asking a name server for our own name, which http.server does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = NAME, self.server_address[1]

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread, so that a slow client keeps nobody waiting."""
        request.settimeout(HANDSHAKE_LIMIT)
        try:
            with self._context.wrap_socket(request, server_side=True) as connection:
                owner = tls.owner_dn(connection)
                if owner == self._robot:
                    Clerk(connection, client_address, self)
                else:
                    _log(f"refused {client_address[0]}: {owner} is not the VO's robot")
        except (ssl.SSLError, TimeoutError, ConnectionError) as error:
            _log(f"connection from {client_address[0]} ended: {error}")


def _problem(problem: Problem) -> Answer:
    return {"problem": {part: getattr(problem, part) for part in PARTS}}


PARTS = ("what", "where", "found", "expected", "cause", "remedy")


def _log(line: str) -> None:
    print(f"vo: {line}", file=sys.stderr, flush=True)
