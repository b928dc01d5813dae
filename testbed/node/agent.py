#!/usr/bin/python3
"""The pilot job: fetches payloads of a VO's users one by one and runs each through the mode it was sent with.

``agent.py PILOT_ID < ORDERS``, on a worker node, as the pilot account; one file, standard library only. The orders are
one JSON object:

    pilot, slot                  who it is, and whose payloads it takes
    vo: {name, address, port}    where the VO answers, and the name that its certificate must show
    ca, proxy                    PEM: the authorities to believe, the pilot's own proxy
    proxy_seconds                optional: how long that lasts; the pilot asks the VO for a new one before
    mode                         none, log-only, setuid, container, vm
    multi_user_pilots            question 1 of the site: may it run payloads of others? no, depends, yes
    on_internal_error            question 4: the switch is broken; may it run the payload itself? no, depends, yes
    multi_user_pilots_if, on_internal_error_if
                                 the conditions of "depends", as testbed/model/condition.py has them
    needs_trace                  whether the site demands glexec: a run that nobody could record is against its rules
    start_limit, limit           seconds until a payload must have started; seconds for the whole pilot
    retries, retry_delay         how often the switch is called again after an internal error, and after what pause
    switch, site_log, notes, call_limit
                                 optional: the path of glexec; the socket that takes the site's log lines; the file in
                                 which the pilots of this account keep what they know of the node's switch; seconds for
                                 a call beside the payload's
    slots                        optional: how many payloads it has at once, each in a process of its own
    adopts                       optional: whether it becomes the parent of what payloads leave running, and ends it
    container                    optional: what a payload of mode container shares with its node, as container.py has it
    careless                     optional: a secret in the pilot's environment. As pilots were known to do, it hands its
                                 environment on to what it starts for a payload, and leaves its proxy open there

After each call of the switch it classifies first, and then applies the site's answers (docs/policy.md).

The sections below: what it is told and what it says; whose a proxy is; what a call of the switch came to; what the site
answers; where it works; running one thing; the modes; what a payload leaves; the pilot; its words. What the model also
knows (classes, causes, conditions) is written out here once more; tests/pilot/test_answers.py holds both alike.

``agent.py --pack FOLDER PATTERN...`` writes a tar of a payload's outputs to standard output. The pilot calls it through
the switch, so that it runs as the payload's account.

Exit code 0 when the queue is empty, 1 when the VO gives no answer, 2 for orders that make no sense, 143 when ended
from outside: by SIGTERM, SIGHUP or SIGINT, or by the end of the connection that it was started over.
"""

import base64
import contextlib
import ctypes
import errno
import fcntl
import glob
import http.client
import io
import json
import math
import os
import random
import re
import secrets
import select
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SWITCH = "/usr/sbin/glexec"
SITE_LOG = "/dev/log"
MAPPING = b"lcmaps-account"
"""What the switch runs as account glexec, to learn the payload's account."""
LAUNCHER = ("/usr/bin/python3", "-I", "-S", "/usr/libexec/testbed/node/vm")
CONTAINER = ("/usr/bin/python3", "-I", "-S", "/usr/libexec/testbed/node/container.py")
CAUSE = re.compile(r"^\[gLExec\]: cause class=(\S+) reason=(\S+) code=(126|20[123])\n\Z", re.MULTILINE)
"""Where the site has it told (report_cause), why the switch refused: the last line of its standard error. It ends with
such a code itself; whoever wrote that line before ending the payload's shell would leave another one."""
LAUNCHER_FAILED = 125
LAUNCHER_MARK = re.compile(rb"^\[(?:vm|container)\]: ", re.MULTILINE)

GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL."""
BEAT = 0.5
"""Seconds between two reports of a payload that runs."""
FRESH_BEAT = 0.1
"""The same while there is output that the VO has not seen; short payloads have ended by then."""
CLOCK = 0.02
"""Seconds by which the time of a file may be behind the clock: the kernel's own for files is a coarse one."""
DRAIN = 0.3
"""Seconds that output may still come after the payload has ended."""
CALL_LIMIT = 10.0
"""Seconds for a call of the switch beside the payload's: the canary, a new proxy, a signal."""
PACK_LIMIT, CLEAR_LIMIT = 8.0, 5.0
"""Seconds for bringing the outputs back, and for clearing up: with what may go before, less than the VO waits."""
BYPASS_START = 10.0
"""Seconds until a payload must have started that the pilot runs itself."""
ANSWER_LIMIT = 10.0
WHOLE_ANSWER_LIMIT = 30.0
"""Seconds in which the VO must say something; and in which all of an answer must be there."""
LAST_WORD_LIMIT = 10.0
"""Seconds for which a payload's end is said again to a VO whose disk is full."""
LARGEST_ANSWER = 1 << 24
LARGEST_SANDBOX = 1 << 24
"""Bytes of an answer; and of a sandbox once unpacked."""
MOST_FILES = 1000
LONGEST_LINE = 4096
LONGEST_NOTE = 4096
LONGEST_LIMIT = 7 * 24 * 3600.0
MOST_SLOTS = 16
"""Payloads that one pilot has at once, as testbed/pilot/plan.py has it."""
LATEST = 1e12
"""Seconds since 1970 that no proxy lasts."""
RENEWED_AFTER = 2 / 3
"""Of the time that the pilot's own proxy lasts: then it asks for a new one, and again while it gets none."""
RENEW_PAUSE = 1.0
REQUESTS = 1_000_000
"""Numbers of requests that each worker of a pilot has for itself."""
LARGEST_STREAM = 1 << 20
LARGEST_PREVIEW = 1 << 16
"""Bytes of each stream that are kept; and that are reported while the payload runs."""
LARGEST_OUTPUTS = 3 << 20
MOST_OUTPUTS = 100
"""Bytes of the tar of a payload's outputs, and files in it."""
LONGEST_WORDS = 2000
MOST_CALLS = 64
MOST_NAMED = 10
"""Characters of a text in the final account; calls of the switch, and processes or paths, that it names."""

IDENT = re.compile(r"payload-[1-9][0-9]{0,17}")
START = re.compile(rb"started (\d{0,10}) (\S*) (\S*)((?: [a-z_]+:\[\d{1,20}\]){0,10}) *\n")
WRAPPER = (
    "read -r host </proc/sys/kernel/hostname; "
    'printf "started %s %s %s\\n" "$(/usr/bin/id -u)" "$(/usr/bin/id -un)" "$host"; exec "$@"'
)
"""The start handshake. It needs no PATH, which the switch takes away, and leaves the standard input unread."""
NAMESPACES = ("user", "mnt", "pid", "ipc")
"""What a payload of mode container has of its own, if that is to be called apart."""
NAMED_WRAPPER = WRAPPER.replace("\\n", " %s %s %s %s\\n").replace(
    '"$host"', f'"$host" $(/usr/bin/readlink {" ".join(f"/proc/self/ns/{name}" for name in NAMESPACES)})'
)
"""The same with the numbers of its namespaces, as the kernel names them to whoever is in them."""
WITHIN = 'cd -- "$1" || exit 126; shift; '
"""Before it, where the payload has the pilot's own account."""
NO_FOLDER = "[pilot]: no folder to work in"
WORKSHOP = f"""\
if /usr/bin/mkdir -m 700 -- "$1" && cd -- "$1" && {{ test -z "$2" || /usr/bin/cp -R -- "$2/." .; }}
then shift 2; else echo "{NO_FOLDER}" >&2; exit 126; fi
"""
"""Before it, where the payload has an account of its own: it makes its folder itself, so that nothing of the pilot's
has to be open to others. The name is the pilot's, and nobody can know it before."""
CLEAR = """\
/usr/bin/chmod -R u+rwX -- "$@" 2>/dev/null
/usr/bin/rm -rf -- "$@" 2>/dev/null
/usr/bin/find "$@" 2>/dev/null | /usr/bin/wc -l
"""
"""Takes away what a payload left, also from folders that it has closed against itself; prints how much stays."""


class OrdersProblem(Exception):
    """The orders make no sense."""


class VoProblem(Exception):
    """The VO gives no answer, or one that makes no sense."""


class Late(VoProblem):
    """The VO has not answered by when it had to."""


class SandboxProblem(Exception):
    """A payload's files cannot be laid out."""


class Ended(Exception):
    """The pilot was told to end."""


# --- what it is told --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Orders:
    """What the pilot was sent with."""

    pilot: str
    host: str
    address: str
    port: int
    ca: str
    proxy: str
    mode: str
    answers: "Answers"
    start_limit: float
    limit: float
    retries: int
    retry_delay: float
    switch: str
    site_log: str
    notes: Path
    call_limit: float
    slots: int = 1
    proxy_seconds: float = math.inf
    adopts: bool = True
    container: str = "{}"
    careless: str = ""

    @classmethod
    def parse(cls, text: bytes) -> "Orders":
        """The orders from the factory."""
        try:
            data = json.loads(text)
            orders = cls(
                pilot=str(data["pilot"]),
                host=str(data["vo"]["name"]),
                address=str(data["vo"]["address"]),
                port=int(data["vo"]["port"]),
                ca=str(data["ca"]),
                proxy=str(data["proxy"]),
                mode=str(data["mode"]),
                answers=Answers.parse(data),
                start_limit=float(data["start_limit"]),
                limit=float(data["limit"]),
                retries=int(data["retries"]),
                retry_delay=float(data["retry_delay"]),
                switch=str(data.get("switch", SWITCH)),
                site_log=str(data.get("site_log", SITE_LOG)),
                call_limit=float(data.get("call_limit", CALL_LIMIT)),
                notes=Path(data.get("notes") or Path.home() / f".pilot-{socket.gethostname()}.json"),
                slots=int(data.get("slots", 1)),
                proxy_seconds=float(data.get("proxy_seconds", math.inf)),
                adopts=bool(data.get("adopts", True)),
                container=json.dumps(data.get("container") or {}),
                careless=str(data.get("careless", "")),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
            raise OrdersProblem(f"the orders cannot be read: {type(error).__name__} {error}") from None
        if orders.mode not in MODES:
            raise OrdersProblem(f"unknown mode: {orders.mode}")
        if not 1 <= orders.slots <= MOST_SLOTS:
            raise OrdersProblem(f"{orders.slots} payloads at once: from 1 to {MOST_SLOTS}")
        spans = {name: getattr(orders, name) for name in ("limit", "start_limit", "call_limit")}
        for name, span in spans.items():
            if not 0 < span <= LONGEST_LIMIT:  # nor NaN, which nothing is below or above
                raise OrdersProblem(f"{name} of {span} s: above 0, {LONGEST_LIMIT:g} at most")
        if not (0 <= orders.retry_delay <= LONGEST_LIMIT and orders.retries >= 0):
            raise OrdersProblem(f"{orders.retries} retries, after {orders.retry_delay} s: from 0 on")
        return orders


@dataclass(frozen=True, slots=True)
class Payload:
    """One user's payload as the VO hands it out. The VO's word is all there is for ``vo`` and ``fqans``."""

    ident: str
    user: str
    argv: list[str]
    stdin: bytes
    limit: float
    proxy: str
    until: float
    """When the proxy ends, in seconds since 1970."""
    sandbox: bytes
    outputs: list[str]
    vo: str
    fqans: list[str]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Payload":
        """The payload in an answer of the VO: what becomes a path, a line of a log or a command is looked at first."""
        try:
            payload = cls(
                str(data["id"]),
                str(data["user"]),
                [str(word) for word in data["argv"]],
                base64.b64decode(data["stdin"]),
                float(data["limit"]),
                str(data["proxy"]),
                float(data.get("proxy_until", 0.0)),
                base64.b64decode(data.get("sandbox", "")),
                [str(name) for name in data.get("outputs", ())],
                str(data.get("vo", "")),
                [str(fqan) for fqan in data.get("fqans", ())],
            )
            words = "".join((payload.proxy, *payload.argv, *payload.outputs, payload.vo, *payload.fqans))
            words.encode()
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise VoProblem(f"a payload that cannot be read: {type(error).__name__} {error}") from None
        named = IDENT.fullmatch(payload.ident) and payload.user.isprintable()
        if not named or "\0" in words or not payload.argv or not 0 < payload.limit <= LONGEST_LIMIT:
            raise VoProblem(f"a payload that makes no sense: {payload.ident[:80]!r}")
        return payload


@dataclass(slots=True)
class Account:
    """The final account of one payload, as testbed/pilot/account.py reads it; filled in as things happen."""

    taken: float = field(default_factory=time.time)
    started: float = 0.0
    ended: float = 0.0
    calls: list[dict[str, Any]] = field(default_factory=list)
    canary: str = ""
    mended: bool = False
    bypass: str = ""
    ruling: str = ""
    renewals: int = 0
    renewal: str = ""
    files: int = 0
    bytes: int = 0
    left_out: str = ""
    processes: int = 0
    remaining: str = ""
    leftovers: int = 0
    left: str = ""
    machine: str = ""

    def json(self) -> dict[str, Any]:
        """As the VO reads it."""
        said = asdict(self)
        return {key: text[:LONGEST_WORDS] if isinstance(text, str) else text for key, text in said.items()}


@dataclass(frozen=True, slots=True)
class Report:
    """What the pilot says of a payload: always all that it knows."""

    payload: str
    pilot: str
    state: str = "taken"
    code: int | None = None
    separated: bool = False
    bypassed: bool = False
    identity: Mapping[str, Any] | None = None
    out: bytes = b""
    err: bytes = b""
    why: str = ""
    failure: str = ""
    """The class of the last call of the switch that ran nothing."""
    canary: str = ""
    account: Account | None = None
    outputs: bytes = b""

    def json(self) -> dict[str, Any]:
        """As the VO reads it."""
        return {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            "out": base64.b64encode(self.out).decode(),
            "err": base64.b64encode(self.err).decode(),
            "account": self.account.json() if self.account else None,
            "outputs": base64.b64encode(self.outputs).decode(),
        }


@dataclass(frozen=True, slots=True)
class Told:
    """What the VO answers to a report: whether to end the payload, and until when its user's proxy lasts by now."""

    stop: bool
    until: float


class Vo:
    """The VO, over one kept-open connection on which both sides have proved who they are."""

    def __init__(
        self, orders: Orders, proxy: Path, worker: int = 0, bring: Callable[[str], None] = lambda proxy: None
    ) -> None:
        """``bring`` is told each new proxy of the pilot's own, once it can be used."""
        self._orders = orders
        self._bring = bring
        self._own_ends = time.monotonic() + orders.proxy_seconds
        self._renew_at = time.monotonic() + orders.proxy_seconds * RENEWED_AFTER
        self._asked = worker * REQUESTS
        self._connection: http.client.HTTPConnection | None = None
        self._full = False
        self._context = self._showing(proxy)

    def _showing(self, proxy: Path) -> ssl.SSLContext:
        """Whom a connection believes, and the proxy that it shows. Raises `ssl.SSLError`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Not strict: X509_STRICT asks of every certificate what grid authorities lack, such as key identifiers.
        context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST
        context.load_verify_locations(cadata=self._orders.ca)
        context.load_cert_chain(proxy)
        return context

    def next(self, left: float, only: list[dict[str, Any]] | None) -> Payload | None:
        """The next payload that fits a pilot with ``left`` seconds to go, or nothing; ``only`` says whose it may be.

        The number of the request tells the VO that one is the same when it comes twice: it then gives the same payload.
        """
        self._asked += 1
        offer = {"mode": self._orders.mode, "memory": memory(), "seconds": max(left, 0.0)}
        if only is not None:
            offer["only"] = only
        asked = {"pilot": self._orders.pilot, "request": str(self._asked), "offer": offer}
        answer = self._post("/next", asked)
        if "payload" not in answer:
            raise VoProblem(f"no payload, and no word that there is none: {str(answer)[:500]}")
        return None if answer["payload"] is None else Payload.parse(answer["payload"])

    def tell(self, report: Report, until: float = math.inf) -> Told:
        """Report. What the VO cannot use is noted in the pilot's log. Raises `Late` when it gives no answer by then."""
        answer = self._post("/reports", report.json(), until)
        if "problem" in answer:
            log(f"{report.payload}: the VO refused the report: {str(answer['problem'])[:500]}")
        until = answer.get("proxy_until", 0.0)
        return Told(bool(answer.get("stop")), until if isinstance(until, int | float) and abs(until) < LATEST else 0.0)

    def tell_end(self, report: Report) -> None:
        """The last report, which no other makes up for: said again for a while to a VO that cannot keep it now."""
        until = time.monotonic() + LAST_WORD_LIMIT
        self.tell(report)
        while self._full and time.monotonic() < until:
            time.sleep(BEAT)
            self.tell(report)

    def renew(self, payload: str, until: float = math.inf) -> str:
        """The proxy of a payload's user as the VO has it now. Raises `VoProblem`."""
        answer = self._post(f"/payloads/{payload}/proxy", {"pilot": self._orders.pilot}, until)
        proxy = answer.get("proxy")
        if not isinstance(proxy, str):
            raise VoProblem(f"no proxy of {payload}'s user: {str(answer.get('problem'))[:500]}")
        return proxy

    def _renew_own(self, until: float) -> None:
        """Have a new proxy of the pilot's own before the old one ends, and show that from now on.

        Where the VO gives none that can be used, the old one serves on, and it is asked again.
        """
        now = time.monotonic()
        self._renew_at = now + max(RENEW_PAUSE, (self._own_ends - now) / 4)
        answer = self._post(f"/pilots/{self._orders.pilot}/proxy", {}, until)
        proxy, lasts = answer.get("proxy"), answer.get("seconds")
        try:
            if not isinstance(proxy, str) or not isinstance(lasts, int | float) or not 0 < lasts < LATEST:
                raise ValueError(f"the VO gives none: {str(answer.get('problem'))[:500]}")
            with in_memory(proxy) as place:
                context = self._showing(place)
            self._bring(proxy)
        except (OSError, ValueError) as error:
            log(f"no new proxy of the pilot's own: {error}")
            return
        self.close()
        now, self._context = time.monotonic(), context
        self._own_ends, self._renew_at = now + lasts, now + max(RENEW_PAUSE, lasts * RENEWED_AFTER)
        log(f"a new proxy of the pilot's own, for {lasts:.0f} s")

    def ban(self, payload: str) -> str:
        """In words, that the VO has banned a payload's owner; empty where it says that it has not.

        Raises `VoProblem` where it says neither.
        """
        answer = self._post(f"/payloads/{payload}/ban", {"pilot": self._orders.pilot})
        banned = answer.get("banned")
        if not isinstance(banned, bool):
            raise VoProblem(f"no word whether {payload}'s owner is banned: {str(answer.get('problem'))[:500]}")
        return f"its owner is {str(answer.get('why') or 'banned by the VO')[:500]}" if banned else ""

    def _post(self, path: str, body: Mapping[str, Any], until: float = math.inf) -> Mapping[str, Any]:
        """Ask, with a proxy that still lasts; once more over a new connection when the kept one is closed.

        Raises `Late` at ``until``.
        """
        if time.monotonic() >= self._renew_at:
            self._renew_own(until)
        for attempt in (1, 2):
            try:
                kept = self._connection
                connection = kept if kept and kept.sock else self._connect(until)
                with whole_within(connection.sock, min(WHOLE_ANSWER_LIMIT, until - time.monotonic())):
                    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
                    response = connection.getresponse()
                    said = response.read(LARGEST_ANSWER + 1)
                self._full = response.status == http.client.SERVICE_UNAVAILABLE
                if len(said) > LARGEST_ANSWER:
                    raise VoProblem(f"{path}: more than {LARGEST_ANSWER} bytes")
                answer = json.loads(said)
                if not isinstance(answer, dict):
                    raise VoProblem(f"{path}: not an object")
                return answer
            except (OSError, http.client.HTTPException, ValueError, RuntimeError) as error:  # or no thread, or too deep
                self.close()
                if time.monotonic() >= until:
                    raise Late(f"{path}: no answer in time") from error
                if attempt == 2:
                    raise VoProblem(f"{path}: {error or type(error).__name__}") from error
        raise AssertionError("unreachable")

    def _connect(self, until: float = math.inf) -> http.client.HTTPConnection:
        left = max(until - time.monotonic(), 0.001)
        connection = http.client.HTTPConnection(self._orders.address, self._orders.port, timeout=ANSWER_LIMIT)
        connection.auto_open = 0  # by itself it would connect without TLS
        plain = socket.create_connection((self._orders.address, self._orders.port), min(ANSWER_LIMIT, left))
        plain.settimeout(ANSWER_LIMIT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = self._context.wrap_socket(plain, server_hostname=self._orders.host, do_handshake_on_connect=False)
        connection.sock, self._connection = line, connection
        with whole_within(line, min(WHOLE_ANSWER_LIMIT, left)):
            line.do_handshake()
        return connection

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextlib.contextmanager
def in_memory(text: str) -> Iterator[Path]:
    """A path to a text that lies in no file system, for as long as it is needed; other accounts cannot open it."""
    place = os.memfd_create("proxy")
    try:
        os.fchmod(place, 0o600)
        os.write(place, text.encode())
        yield Path(f"/proc/self/fd/{place}")
    finally:
        os.close(place)


@contextlib.contextmanager
def whole_within(line: socket.socket, seconds: float) -> Iterator[None]:
    """Hang up where something is not over in time: a timeout of the socket's begins anew with each byte."""

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(line, socket.SHUT_RDWR)  # below TLS, of which another thread is in the middle

    guard = threading.Timer(seconds, hang_up)
    guard.daemon = True
    guard.start()
    try:
        yield
    finally:
        guard.cancel()


# --- whose a proxy is -------------------------------------------------------------------------------------------------

PROXY_CERT_INFO = bytes.fromhex("06082b0601050507010e")
"""The extension that makes a certificate a proxy (RFC 3820), in DER."""
LABELS = {
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.17": "postalCode",
    "2.5.4.42": "GN",
    "1.2.840.113549.1.9.1": "emailAddress",
}
"""OpenSSL's short names for the parts of a DN."""
TYPE = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)"
"""Such a name, or numbers with dots: a slash before one would begin another part."""


def owner_of(pem: str) -> str:
    """The DN of whoever a proxy was made for, as ``/DC=org/CN=Jane Doe``; empty where it cannot be read.

    It stands in the first certificate that is no proxy. Nobody is believed for it: the switch verifies the chain.
    """
    try:
        for text in re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", pem, re.DOTALL):
            certificate = base64.b64decode(text)
            if PROXY_CERT_INFO not in certificate:
                return subject(certificate)
    except (ValueError, IndexError, StopIteration):
        log("a proxy whose owner cannot be read")
    return ""


def subject(certificate: bytes) -> str:
    """The subject of a certificate (DER)."""
    [(_, whole)] = elements(certificate)
    parts = list(elements(next(elements(whole))[1]))
    at = 5 if parts[0][0] == 0xA0 else 4  # a version may stand first; then number, algorithm, issuer, validity
    name = ""
    for _, several in elements(parts[at][1]):
        for _, pair in elements(several):
            (_, kind), (_, value) = elements(pair)
            shown = "".join(chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02X}" for byte in value)
            text = f"{LABELS.get(dotted(kind), dotted(kind))}={shown}"
            name += "/" + re.sub(rf"/(?={TYPE}=)", r"\\/", text)
    return name


def elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements that stand one after the other in DER, each with its tag."""
    while der:
        tag, size, start = der[0], der[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(der[2:start])
        if len(der) < start + size:
            raise ValueError("DER that ends too early")
        yield tag, der[start : start + size]
        der = der[start + size :]


def dotted(identifier: bytes) -> str:
    """An object identifier as numbers with dots."""
    numbers, value = [], 0
    for byte in identifier:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


# --- what a call of the switch came to --------------------------------------------------------------------------------

DENIED, MISUSED, INTERNAL, AMBIGUOUS, PAYLOAD, TRACELESS = FAILURES = (
    "denied",
    "misused",
    "internal",
    "ambiguous",
    "payload",
    "traceless",
)
"""The classes D, M, E, A, P, T of docs/policy.md, as testbed/model/failure.py has them; a test keeps both alike."""
PASSED, FAILED, REFUSED = "passed", "failed", "denied"
"""How a canary can go."""
REASONS = {
    "caller": "no-name no-credential credential-unusable credential-expired mode-unknown account-not-named "
    "command-unusable target-proxy-unwritable environment-too-large not-executable caller-left",
    "site": "installation configuration policy-files lcmaps-broken no-resources no-folder no-private-folder "
    "no-tracking-gid switch-failed epilogue-failed",
    "denied": "called-by-root caller-not-listed banned credential-refused not-mapped account-refused account-differs "
    "denied no-rule",
    "unavailable": "timed-out pool-exhausted pool-contended leases-unusable map-unreadable crl-expired "
    "account-missing names-unavailable tracking-unknown service-unreachable service-untrusted service-silent "
    "service-broken",
    "undecided": "service-undecided lcmaps-refused",
    "untraceable": "no-record",
}
"""The words of the switch for why it ran nothing, class by class."""
CLASS_OF = {reason: kind for kind, reasons in REASONS.items() for reason in reasons.split()}
OF_KIND = {
    "denied": DENIED,
    "caller": MISUSED,
    "site": INTERNAL,
    "unavailable": INTERNAL,
    "undecided": INTERNAL,
    "untraceable": TRACELESS,
}
OF_CODE = {None: INTERNAL, 201: MISUSED, 202: INTERNAL}
"""Where no cause is told. No code at all is a call that never ended: the time limit stands for "no decision"."""
PERHAPS_NO = "lcmaps-refused"
"""LCMAPS refused and did not say why: that may well have been a decision."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the switch ran nothing, in its own words."""

    kind: str
    reason: str


def told(err: str, code: int | None) -> Cause | None:
    """The cause in the last line of standard error. A line that contradicts the exit code, or itself, tells nothing."""
    found = CAUSE.search(err)
    if not found or found[3] != str(code) or CLASS_OF.get(found[2]) != found[1]:
        return None
    return Cause(found[1], found[2])


def classify(started: bool, code: int | None, err: str, canary: str = "") -> str:
    """The class of a call: the handshake counts first, then the cause, then the code, then the canary."""
    if started:
        return PAYLOAD
    cause = told(err, code)
    if cause and cause.reason != PERHAPS_NO:
        return OF_KIND[cause.kind]
    found = AMBIGUOUS if cause else OF_CODE.get(code, AMBIGUOUS)
    if found == AMBIGUOUS and canary:
        return INTERNAL if canary == FAILED else DENIED
    return found


def canary_of(code: int | None, err: str) -> str:
    """What the harmless call with the pilot's own credential says."""
    if code == 0:
        return PASSED
    return REFUSED if classify(False, code, err) in (DENIED, MISUSED) else FAILED


# --- what the site answers --------------------------------------------------------------------------------------------

UNTOLD = "untold"
NAMED_ONLY = ("service-untrusted", "service-broken")
"""Reasons that no condition covers unless it names them: somebody who is in the middle could bring them about."""
NEVER_OPEN = ("account-missing",)
"""Reasons that no answer covers: there was a decision, and it gave an account that the node does not have."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the pilot knows when it asks "may I?". What it does not know fulfils no condition."""

    cause: Cause | None = None
    owner: str = ""
    pilot_owner: str = ""
    fqans: Sequence[str] = ()
    vo: str = ""
    well: float | None = None
    """Minutes since the switch last worked on this node."""
    pilots: int | None = None
    runs: int | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One case in which "depends" means yes, as testbed/model/condition.py has it; ``says`` is all of it in words."""

    causes: Sequence[str] = ()
    owners: Sequence[str] = ()
    own_payload: bool = False
    roles: Sequence[str] = ()
    vos: Sequence[str] = ()
    well_within: int | None = None
    pilots_at_most: int | None = None
    runs_at_most: int | None = None
    windows: Sequence[tuple[datetime, datetime]] = ()
    because: str = ""
    says: str = ""

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Condition":
        """The condition of JSON data. One that states what we do not know of is an error: it is a leave."""
        windows = [
            (datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"])) for each in data["windows"]
        ]
        return cls(**{**data, "windows": windows})

    def misses(self, at: Situation, *, asks_for_cause: bool) -> Iterator[str]:
        """What does not hold."""
        cause = at.cause
        names = (cause.kind, cause.reason) if cause else (UNTOLD,)
        if cause and cause.reason in NAMED_ONLY and asks_for_cause and cause.reason not in self.causes:
            yield f"{cause.reason} is not named"
        if self.causes and not set(names) & set(self.causes):
            yield f"the cause is {names[-1]}, not {' or '.join(self.causes)}"
        if self.owners and at.owner not in self.owners:
            yield f"the owner is {at.owner or 'unknown'}"
        if self.own_payload and not (at.owner and at.owner == at.pilot_owner):
            yield "the payload is not the pilot owner's own"
        if self.roles and role_of(at.fqans) not in self.roles:
            yield f"the role is {role_of(at.fqans) or 'none'}, not {' or '.join(self.roles)}"
        if self.vos and at.vo not in self.vos:
            yield f"the VO is {at.vo or 'unknown'}, not {' or '.join(self.vos)}"
        if self.well_within is not None and not (at.well is not None and at.well <= self.well_within):
            yield f"the switch has not worked here within {self.well_within} minutes"
        if self.pilots_at_most is not None and not (at.pilots is not None and at.pilots <= self.pilots_at_most):
            yield f"{'an unknown number of' if at.pilots is None else at.pilots} pilots are on the node"
        if self.runs_at_most is not None and not (at.runs is not None and at.runs < self.runs_at_most):
            yield f"{'an unknown number of' if at.runs is None else at.runs} payloads have run without it already"
        if self.windows and not (at.now is not None and any(start <= at.now < end for start, end in self.windows)):
            yield "no maintenance is declared for now"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the site answers to questions 1 and 4, and whether it demands glexec."""

    multi_user_pilots: str
    on_internal_error: str
    multi_user_pilots_if: Sequence[Condition] = ()
    on_internal_error_if: Sequence[Condition] = ()
    needs_trace: bool = False

    @classmethod
    def parse(cls, orders: Mapping[str, Any]) -> "Answers":
        """The answers in the orders."""
        for question in ("multi_user_pilots", "on_internal_error"):
            if orders[question] not in ("no", "depends", "yes"):
                raise ValueError(f"unknown answer: {orders[question]}")
        return cls(
            orders["multi_user_pilots"],
            orders["on_internal_error"],
            tuple(Condition.parse(each) for each in orders["multi_user_pilots_if"]),
            tuple(Condition.parse(each) for each in orders["on_internal_error_if"]),
            bool(orders["needs_trace"]),
        )

    def may_fetch(self, at: Situation) -> tuple[bool, str]:
        """Question 1: may the pilot run this payload of somebody else's here, and why?"""
        if self.multi_user_pilots == "depends":
            return by_conditions("question 1", self.multi_user_pilots_if, at, asks_for_cause=False)
        return self.multi_user_pilots == "yes", f"question 1 is answered {self.multi_user_pilots}"

    def may_run_itself(self, failure: str, at: Situation) -> tuple[bool, str]:
        """Question 4: after a call that came to this, may the pilot run the payload itself, and why?"""
        if failure in NEVER:
            return False, NEVER[failure]
        if at.cause and at.cause.reason in NEVER_OPEN:
            return False, f"{at.cause.reason}: {NOBODY}"
        if failure == TRACELESS and self.needs_trace:
            return False, "the site requires glexec, and a run that nobody recorded is none of glexec's"
        if self.on_internal_error == "depends":
            if failure == TRACELESS:
                return False, "what nobody could record fulfils no condition"
            return by_conditions("question 4", self.on_internal_error_if, at, asks_for_cause=True)
        return self.on_internal_error == "yes", f"question 4 is answered {self.on_internal_error}"

    def only(self, at: Situation) -> list[dict[str, Any]] | None:
        """Whose payloads the pilot asks for, as an offer has it; ``None``: everybody's.

        Its own owner's always. Of a condition what is about the node has to hold now; the rest is for the VO to heed.
        """
        if self.multi_user_pilots == "yes":
            return None
        cases: list[dict[str, Any]] = [{"owners": [at.pilot_owner]}] if at.pilot_owner else []
        for condition in self.multi_user_pilots_if if self.multi_user_pilots == "depends" else ():
            of_node = replace(condition, owners=(), roles=(), vos=(), own_payload=False)
            if condition.own_payload or any(of_node.misses(at, asks_for_cause=False)):
                continue
            said = {"owners": condition.owners, "roles": condition.roles, "vos": condition.vos}
            if not any(said.values()):
                return None
            cases.append({key: list(words) for key, words in said.items() if words})
        return cases


NEVER = {
    DENIED: "a user who is refused is not run, whatever question 4 says",
    MISUSED: "the pilot's own fault is no internal error of the switch: mend it",
    AMBIGUOUS: "nobody knows whether this was a denial, so it is taken as one",
    PAYLOAD: "the payload has run",
}


NOBODY = (
    "there was a decision, and it gave an account that the node does not have; whoever shapes that would get round "
    "the switch"
)


STILL_THERE = "something of a call of the switch still runs, and may yet start the payload"
LET_IN = (
    "the switch had let the user in, and it was the user's own account that got no further; whoever brings that about "
    "would get round the switch"
)

WORKERS = (
    "this pilot has several payloads at once, and what it runs itself could read the proxies of its workers, and of "
    "the others' users"
)
CARELESS = "this pilot leaves its own proxy open to what it starts, and so cannot hide it"


def by_conditions(
    question: str, conditions: Sequence[Condition], at: Situation, *, asks_for_cause: bool
) -> tuple[bool, str]:
    """Whether one of the conditions holds, and in words which, or what is missing."""
    if not conditions:
        return False, f"{question} is answered depends, and no condition is stated: that is no"
    missing = []
    for condition in conditions:
        first = next(condition.misses(at, asks_for_cause=asks_for_cause), "")
        if not first:
            return True, f"{question} is answered depends, and {condition.says}"
        missing.append(first)
    return False, f"{question} is answered depends, but {'; '.join(dict.fromkeys(missing))}"


def role_of(fqans: Sequence[str]) -> str:
    """The role of the primary attribute; empty for none."""
    role = fqans[0].partition("/Role=")[2].partition("/")[0] if fqans else ""
    return "" if role == "NULL" else role


class Notes:
    """What this account's pilots have seen of the node's switch. Payloads with the pilot's uid could forge it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def held(self) -> Iterator["Seen"]:
        """What is known, for us alone meanwhile; what is changed in it is kept. Unknown where it cannot be."""
        descriptor = self._taken()
        try:
            seen = Seen(None, None) if descriptor is None else Seen.parse(os.pread(descriptor, LONGEST_NOTE, 0))
            # A run that cannot be counted is none that a condition may count on.
            known = descriptor is not None and kept(descriptor, seen)
            yield seen if known else Seen(None, None)
            if descriptor is not None and known:
                kept(descriptor, seen)
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _taken(self) -> int | None:
        """The file, for us alone; nothing where it cannot be had, or where a payload has put something else there."""
        descriptor = None
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(self._path, flags, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # another pilot may be at it, or a payload
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return descriptor
            log("nothing can be noted of the switch: there is something else in the place of the file")
        except OSError as error:
            log(f"nothing can be noted of the switch: {error}")
        if descriptor is not None:
            os.close(descriptor)
        return None


def kept(descriptor: int, seen: "Seen") -> bool:
    """Whether what is known could be written: a disk may be full."""
    text = json.dumps(asdict(seen)).encode()
    try:
        written = os.pwrite(descriptor, text, 0)
        os.ftruncate(descriptor, written)
    except OSError as error:
        log(f"nothing can be noted of the switch: {error}")
        return False
    return written == len(text)


@dataclass(slots=True)
class Seen:
    """When the switch last worked here (seconds since 1970), and how many payloads have run without it since."""

    worked: float | None
    runs: int | None

    @classmethod
    def parse(cls, text: bytes) -> "Seen":
        """What stands in the file; in a new one that nothing has happened yet."""
        if not text:
            return cls(None, 0)
        with contextlib.suppress(ValueError, KeyError, TypeError, OverflowError, RecursionError):
            data = json.loads(text)
            worked = data["worked"]
            return cls(None if worked is None else float(worked), int(data["runs"]))
        return cls(None, None)

    @property
    def well(self) -> float | None:
        """Minutes since the switch last worked."""
        return None if self.worked is None else max(time.time() - self.worked, 0.0) / 60


def pilots() -> int | None:
    """How many pilots of this program are on the node, ourselves included; nothing where that cannot be seen."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if len(words) > 3 and words[1] == os.fsencode(sys.argv[0]) and not words[2].startswith(b"--"):
                found.add(words[2])
    return len(found) or None


# --- where it works ---------------------------------------------------------------------------------------------------


class Sandbox:
    """The pilot's folder: 0711, so that other accounts can pass, with a private place (0700) for proxies."""

    def __init__(self, proxy: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pilot-"))
        self.folder.chmod(0o711)
        self._private = self.folder / "private"
        self._private.mkdir(0o700)
        self._proxy = proxy
        self._hidden = False
        self.proxy = self.keep("pilot", proxy)

    def keep(self, name: str, proxy: str) -> Path:
        """A proxy in a file that nobody else can open, from its first moment; in an older one's place at one blow."""
        path, new = self._private / f"{name}.pem", self._private / f"{name}.new"
        discard(new)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(proxy)
        new.rename(path)
        return path

    def place(self, payload: Payload, *, separates: bool, enclosed: bool = False) -> "Place":
        """All the places of one payload. In a folder of an account of its own nothing is the pilot's.

        ``enclosed``: others have no way there, whatever mode the payload gives its folder. A set-id program in it would
        be a way out of its container.
        """
        folder = self._private / f"{payload.ident}.work" if enclosed else self.folder / payload.ident
        folder.mkdir(0o700)
        if not enclosed:
            folder.chmod(0o755 if separates and payload.sandbox else 0o711)
        proxy = self.keep(payload.ident, payload.proxy)
        if not separates:
            shown = self._private / payload.ident
            shown.mkdir(0o700)
            return Place(folder, proxy, folder, shown / "proxy.pem")
        name = Path(tempfile.gettempdir()) / f"payload-{secrets.token_hex(16)}"
        return Place(folder, proxy, name, name.with_suffix(".pem"))

    @contextlib.contextmanager
    def proxy_hidden(self, account: Account) -> Iterator[None]:
        """The pilot's own proxy is out of the file system meanwhile, and its memory closed to its account.

        For good where something of the payload could not be ended: it would find both.
        """
        self._hidden = True
        self.proxy.unlink(missing_ok=True)
        show_memory(False)
        try:
            yield
        finally:
            if not account.remaining:
                self._hidden = False
                show_memory(True)
                try:
                    self.keep("pilot", self._proxy)
                except OSError as error:  # the payload was of our account, and could close the folder
                    log(f"the pilot's own proxy could not be put back: {error}")

    def private(self, name: str) -> Path:
        """A place that no other account gets at."""
        return self._private / name

    def machine(self, ident: str) -> Path:
        """An empty folder for what goes to and fro between us and the launcher of a payload's machine."""
        self.forget_machine(ident)
        folder = self.private(f"{ident}.machine")
        folder.mkdir(0o700)
        return folder

    def forget_machine(self, ident: str) -> None:
        """Take that folder away."""
        if (folder := self.private(f"{ident}.machine")).is_dir():
            remove(folder)

    def renew(self, proxy: str = "") -> None:
        """Put the pilot's own proxy in its place anew, or a newer one; what is hidden stays so for now."""
        self._proxy = proxy or self._proxy
        if not self._hidden:
            self.keep("pilot", self._proxy)

    def remove(self) -> None:
        """Take everything away that this account may remove, the proxies first."""
        remove(self._private)
        remove(self.folder)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the things of one payload lie."""

    folder: Path
    """The pilot's, with the sandbox: the payload may read it."""
    proxy: Path
    """The user's proxy, for the pilot's eyes only."""
    work: Path
    """Where the payload starts, and may write: the same folder, or one that its own account makes."""
    copy: Path
    """The proxy that the switch makes for the payload; of our own account in a folder where nothing else is."""


def unpack(archive: bytes, folder: Path) -> None:
    """Lay a payload's files out for whatever account it will have: readable by all, to be changed by nobody else.

    The VO has looked at them, which is not believed here. Raises `SandboxProblem`.
    """
    if not archive:
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(plain(archive)), mode="r:", encoding="utf-8") as members:
            for count, member in enumerate(members, 1):
                if count > MOST_FILES or not (member.isreg() or member.isdir()) or member.issparse():
                    raise SandboxProblem(f"{member.name[:80]!r} is not let in")
                members.extract(member, folder, filter="data")  # nothing outside of the folder, no set-id bits
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError, RecursionError) as error:
        raise SandboxProblem(str(error)[:500]) from None


def plain(archive: bytes) -> bytes:
    """A tar as it is before gzip, however large it would become. Raises `SandboxProblem`."""
    if not archive.startswith(b"\x1f\x8b"):
        return archive
    unpacking = zlib.decompressobj(wbits=31)
    data = unpacking.decompress(archive, LARGEST_SANDBOX + 1)
    if len(data) > LARGEST_SANDBOX or not unpacking.eof or unpacking.unused_data:
        raise SandboxProblem(f"it has more than {LARGEST_SANDBOX} bytes, or no end, or more than one")
    return data


def memory() -> int:
    """MiB that this machine could still give a payload; 0 where nobody knows."""
    with contextlib.suppress(OSError), open("/proc/meminfo") as file:
        found = re.search(r"^MemAvailable: +(\d+) kB$", file.read(), re.MULTILINE)
        return int(found[1]) // 1024 if found else 0
    return 0


def discard(path: Path) -> None:
    """Remove a file. What a payload of our own account has put in its place goes with the folder."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log(f"not removed yet: {error}")


def remove(folder: Path) -> int:
    """Remove a folder and what is in it, also what is closed against us or too deep for a path.

    How much resisted; -1 where nobody could count it.
    """
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(folder)
        return 0
    left = -1
    with contextlib.suppress(OSError, subprocess.TimeoutExpired, ValueError):
        command = ["/bin/sh", "-c", CLEAR, "clear", str(folder)]
        left = int(subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=CLEAR_LIMIT).stdout)
    if left:
        log(f"left behind: {folder}")
    return left


def left_elsewhere(uid: int, since: float) -> list[str]:
    """What an account has made in the folders that are open to all since a moment, the first few of it."""
    found: list[str] = []
    for folder in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")):
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                with contextlib.suppress(FileNotFoundError):  # somebody else's, that has gone meanwhile
                    seen = entry.stat(follow_symlinks=False)
                    if seen.st_uid == uid != os.getuid() and seen.st_ctime >= since and len(found) < MOST_NAMED:
                        found.append(entry.path)
    return found


# --- running one thing ------------------------------------------------------------------------------------------------


class Wake:
    """Signals as something that can be waited for together with everything else."""

    def __init__(self) -> None:
        self.fd, sink = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(sink, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGUSR1, lambda *_: log("somebody sent SIGUSR1, which nobody had a reason to"))
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, self._end)
        self.ending = ""

    def _end(self, number: int, _: object) -> None:
        self.ending = f"the pilot got {signal.Signals(number).name}"

    def drain(self) -> None:
        """Forget the wake-ups so far; `ending` is what they meant."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.fd, 4096):
                pass

    def wait(self, limit: float) -> None:
        """Until a signal, the end of the connection, or for so many seconds."""
        either = select.poll()
        either.register(self.fd, select.POLLIN)
        either.register(1, 0)
        for number, _ in either.poll(limit * 1000):
            if number == self.fd:
                self.drain()
            else:
                self.hung_up()

    def hung_up(self) -> None:
        """Nobody reads our output any more: whoever started us is gone."""
        self.ending = self.ending or "the connection to the pilot was closed"

    def check(self) -> None:
        """Raise `Ended` when the pilot was told to end."""
        line = select.poll()
        line.register(1, 0)
        if line.poll(0):
            self.hung_up()
        if self.ending:
            raise Ended(self.ending)


class Process:
    """A command in a process group of its own, its input (a file without a name), its two outputs, and its end."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        stdin: bytes,
        wake: Wake,
        most: int = LARGEST_STREAM,
        careless: bool = False,
    ) -> None:
        self._wake = wake
        self._most = most
        with input_file(stdin) as source:
            self._popen = subprocess.Popen(
                command,
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **environment} if careless else environment,
                cwd=folder,
                process_group=0,
                close_fds=not careless,
            )
        assert self._popen.stdout
        assert self._popen.stderr
        self.group = self._popen.pid
        self.out, self.err = bytearray(), bytearray()
        self._streams = {self._popen.stdout.fileno(): self.out, self._popen.stderr.fileno(): self.err}
        self._poll = select.poll()
        self._poll.register(wake.fd, select.POLLIN)
        self._poll.register(1, 0)  # only to hear that nobody reads it any more
        for number in self._streams:
            self._poll.register(number, select.POLLIN)

    @property
    def code(self) -> int | None:
        """Its exit code, 128+n when signal n ended it, ``None`` while it runs."""
        code = self._popen.poll()
        return code if code is None or code >= 0 else 128 - code

    @property
    def open(self) -> bool:
        """Whether somebody still holds its outputs."""
        return bool(self._streams)

    def turn(self, limit: float) -> None:
        """Move what can be moved; wait for it, for the end, or for a signal at most ``limit`` seconds."""
        if self.code is not None:
            limit = min(limit, DRAIN)
        for number, _ in self._poll.poll(max(limit, 0) * 1000):
            if number == self._wake.fd:
                self._wake.drain()
            elif number in self._streams:
                self._read(number)
            else:
                self._wake.hung_up()
                self._poll.unregister(number)

    def _read(self, number: int) -> None:
        kept = self._streams[number]
        data = os.read(number, 1 << 16)
        kept += data[: self._most - len(kept)]
        if not data:
            self._poll.unregister(number)
            del self._streams[number]

    def close(self) -> None:
        """Let go of its outputs."""
        for stream in (self._popen.stdout, self._popen.stderr):
            if stream is not None:
                stream.close()


@contextlib.contextmanager
def input_file(content: bytes) -> Iterator[int]:
    """A descriptor to read from that no feeding thread is needed for, and that the payload may rewind."""
    memory = os.memfd_create("stdin")
    try:
        with os.fdopen(memory, "wb", closefd=False) as file:
            file.write(content)
        source = os.open(f"/proc/self/fd/{memory}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(memory)
    try:
        yield source
    finally:
        os.close(source)


def parents() -> dict[int, int]:
    """Every process with its parent."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            found[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return found


def children() -> list[int]:
    """The processes whose parent we are: what a payload left behind comes to us, since we adopt orphans."""
    return [pid for pid, parent in parents().items() if parent == os.getpid()]


def descendants(pid: int) -> list[int]:
    """The processes below one."""
    known, found = parents(), [pid]
    for each in found:
        found += [child for child, parent in known.items() if parent == each]
    return found[1:]


def owner(pid: int) -> int | None:
    """Whose a process is; nothing where it is gone."""
    with contextlib.suppress(OSError):
        return os.stat(f"/proc/{pid}").st_uid
    return None


def runs(pid: int) -> bool:
    """Whether a process is there, and not merely waiting to be collected."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def let_in(pid: int) -> bool:
    """Whether below a call of the switch something runs as a third account: neither ours, nor root, nor the mapping."""
    for each in descendants(pid):
        with contextlib.suppress(OSError):
            maps = MAPPING in Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")[0]
            if owner(each) not in (None, 0, os.getuid()) and not maps and runs(each):
                return True
    return False


def ours(pid: int) -> bool:
    """Whether a process is of our own account, or gone."""
    return owner(pid) in (None, os.getuid())


def show_memory(shown: bool) -> None:
    """Whether processes of our own account may look into us by /proc and ptrace(2) (PR_SET_DUMPABLE, prctl(2))."""
    if ctypes.CDLL(None, use_errno=True).prctl(4, int(shown), 0, 0, 0) != 0:
        log(f"what we keep in memory cannot be hidden: {os.strerror(ctypes.get_errno())}")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (PR_SET_CHILD_SUBREAPER, prctl(2))."""
    if ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0) != 0:
        log(f"orphans cannot be adopted: {os.strerror(ctypes.get_errno())}")


# --- the modes --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mode:
    """How a mode calls its payload: what stands before the command, and what the pilot claims when it has run."""

    calls_switch: bool
    separates: bool
    own_account: bool = False
    """Whether the payload has an account of its own on this node."""
    in_folder: bool = False
    """Whether it starts in the folder that the pilot has made for it."""
    launcher: Callable[[float], list[str]] = field(default=lambda limit: [])

    @property
    def encloses(self) -> bool:
        """Whether it keeps a payload of the pilot's own account apart."""
        return self.separates and not self.own_account


MODES = {
    "none": Mode(calls_switch=False, separates=False, in_folder=True),
    "log-only": Mode(calls_switch=True, separates=False, in_folder=True),
    "setuid": Mode(calls_switch=True, separates=True, own_account=True),
    "container": Mode(calls_switch=True, separates=True, in_folder=True),
    "vm": Mode(
        calls_switch=True,
        separates=True,
        launcher=lambda limit: [*LAUNCHER, "--limit", str(math.ceil(limit))],
    ),
}


FAR = ("not started", "perhaps started", "started", "ended")
"""How far a payload of mode vm got, in its launcher's words."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the launcher of mode vm has written down of a payload's machine; empty where it has not come that far."""

    payload: str = ""
    """How far the payload got, a word of `FAR`."""
    cause: str = ""
    """What it failed of, or what the payload lacked: a word of docs/vm.md."""
    said: str = ""
    """In words, what the machine was like and what became of it."""
    left_out: str = ""

    @classmethod
    def read(cls, file: Path) -> "Machine":
        """The launcher's result, which a payload of our own account could have forged: its shape is looked at.

        The launcher writes it as a whole or not at all. Of one that makes no sense a run may have come.
        """
        try:
            found = json.loads(read_plain(file, LARGEST_PREVIEW))
            cause = str(found.get("cause", ""))
            parts = [f"{found['start']} under {found['accelerator']}"] if "start" in found else []
            parts += [f"started after {found['start_seconds']} s"] if "start_seconds" in found else []
            parts += [str(found["hostname"])] if "hostname" in found else []
            parts += ["source ports {}-{}".format(*found["source_ports"])] if "source_ports" in found else []
            parts += [f"saved machine: {found['saved']}"] if "saved" in found else []
            parts += [f"{cause}: {found.get('error', 'as the guest told')}"] if cause else []
            reached = FAR.index(found["payload"])
            return cls(FAR[reached], cause, ", ".join(parts), "; ".join(map(str, found.get("left_out", ()))))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, IndexError):
            return cls("perhaps started", said="what its launcher wrote down makes no sense")

    @property
    def may_have_started(self) -> bool:
        """Whether the payload may have run although nobody has seen it."""
        return self.payload in ("perhaps started", "started")

    @property
    def of_the_users(self) -> bool:
        """Whether it was the payload's own things that kept it from starting."""
        return self.payload == "not started" and self.cause in ("input", "sandbox", "disk-full")


def read_plain(file: Path, most: int) -> bytes:
    """So many bytes of a plain file, and one more. Raises `OSError`: what is none is not waited for."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        return opened.read(most + 1)


def packed(folder: Path) -> bytes:
    """A tar of a folder that we have laid out."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(folder, ".")
    return packed.getvalue()


WORDS = {
    DENIED: "the payload was refused and did not start",
    MISUSED: "the payload did not start, and the switch finds fault with the pilot's call",
    INTERNAL: "an internal error kept the payload from starting",
    AMBIGUOUS: "the payload did not start, nobody says why",
    TRACELESS: "the payload did not start, since nobody could have recorded it",
}
"""What a call that ran nothing came to, in words."""


def wrapped(
    task: "Task",
    *,
    own_account: bool = False,
    in_folder: bool = False,
    elsewhere: bool = False,
    wrapper: str = WRAPPER,
) -> list[str]:
    """The command that says who it is and then becomes the payload. The switch refuses symbolic links.

    ``in_folder``: it goes to the payload's folder first, since the switch begins in the account's home.
    ``elsewhere``: its folder is not on this node.
    """
    shell, payload, place = os.path.realpath("/bin/sh"), task.payload, task.place
    if own_account:
        folder = str(place.folder) if payload.sandbox else ""
        return [shell, "-c", WORKSHOP + WRAPPER, "payload", str(place.work), folder, *payload.argv]
    if (in_folder or payload.sandbox) and not elsewhere:
        return [shell, "-c", WITHIN + wrapper, "payload", str(place.folder), *payload.argv]
    return [shell, "-c", wrapper, "payload", *payload.argv]


def parsed_start(out: bytes) -> tuple[Mapping[str, Any] | None, bytes]:
    """The handshake in the first line of an output, and the output without it."""
    found = START.match(out)
    if found is None:
        return None, out
    uid, user, host, named = (part.decode(errors="replace") for part in found.groups())
    identity: dict[str, Any] = {"uid": int(uid or -1), "user": user, "host": host}
    if named:
        identity["namespaces"] = dict(each.split(":") for each in named.split())
        identity["pilots_namespaces"] = own_namespaces()
    return identity, out[found.end() :]


def own_namespaces() -> dict[str, str]:
    """The numbers of our own namespaces: ``{"pid": "[4026531836]"}``."""
    found = {}
    for name in NAMESPACES:
        with contextlib.suppress(OSError):
            found[name] = os.readlink(f"/proc/self/ns/{name}").partition(":")[2]
    return found


def in_own_namespaces(identity: Mapping[str, Any]) -> bool:
    """Whether a payload has said that it is in other namespaces than we are, each of those that count."""
    its, ours = identity.get("namespaces", {}), identity.get("pilots_namespaces", {})
    return all(name in its and name in ours and its[name] != ours[name] for name in NAMESPACES)


def no_folder(report: Report) -> bool:
    """Whether the payload's account was there, and could not make the folder that the payload starts in."""
    return report.identity is None and report.code == 126 and NO_FOLDER.encode() in report.err


# --- what a payload leaves --------------------------------------------------------------------------------------------


def pack(folder: str, patterns: Sequence[str]) -> int:
    """Write a tar of the files of these names to standard output, as the account that they belong to.

    A line of standard error for each thing that is left out: links, what is no file or leads out of the folder, and
    what is beyond the bounds.
    """
    os.chdir(folder)
    packed, size, many = io.BytesIO(), 0, 0
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in outputs(patterns):
            if many == MOST_OUTPUTS:
                print(f"{name} and what follows: at most {MOST_OUTPUTS} files are brought back", file=sys.stderr)
                break
            try:
                content, mode = output(name, LARGEST_OUTPUTS - size - (16 << 10))  # headers, and the padding of a tar
            except OSError as error:
                print(f"{name}: {error.strerror}", file=sys.stderr)
                continue
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(content), 0o755 if mode & 0o100 else 0o644, int(time.time())
            archive.addfile(info, io.BytesIO(content))
            size, many = archive.offset, many + 1
    sys.stdout.buffer.write(packed.getvalue())
    return 0


def outputs(patterns: Sequence[str]) -> Iterator[str]:
    """The files of these names, and those in folders of these names, each once."""
    seen = set()
    for pattern in patterns:
        found = sorted(glob.iglob(pattern))
        if not found:
            print(f"{pattern}: nothing of this name was left", file=sys.stderr)
        for name in found:
            below = [name]
            if os.path.isdir(name) and not os.path.islink(name):
                below = [os.path.join(at, file) for at, _, files in os.walk(name) for file in sorted(files)]
            for path in map(os.path.normpath, below):
                if path not in seen:
                    seen.add(path)
                    yield path


def output(name: str, room: int) -> tuple[bytes, int]:
    """The content and the mode of one file. Raises `OSError` for what is not brought back."""
    if not name.isprintable():
        raise OSError(0, "a name that cannot be printed")
    if os.path.isabs(name) or os.path.realpath(name) != os.path.join(os.getcwd(), name):
        raise OSError(0, "a link, or a way out of the folder")
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise OSError(0, "no file, or one of several names")
        content = file.read(max(room, 0) + 1)
    if len(content) > room:
        raise OSError(0, f"too large: at most {LARGEST_OUTPUTS} bytes are brought back in all")
    return content, found.st_mode


def good_outputs(archive: bytes) -> int:
    """How many files are in the tar that came back. Raises `tarfile.TarError` for one that would reach elsewhere."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as members:
        names: list[str] = []
        for member in members:
            path = Path(member.name)
            safe = member.isreg() and not member.issparse() and member.name.isprintable() and not member.mode & 0o7000
            if path.is_absolute() or ".." in path.parts or not safe or len(names) == MOST_OUTPUTS:
                raise tarfile.TarError(f"{member.name!r} is not let in")
            names.append(member.name)
        if len(set(names)) != len(names):
            raise tarfile.TarError("a name is there twice")
        return len(names)


# --- the pilot --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Task:
    """One payload with its places, what is to be told of it, and until when the proxy lasts that it has."""

    payload: Payload
    place: Place
    account: Account
    until: float
    calls: Mapping[str, str] = field(default_factory=dict)
    """The environment in which the switch is called for it."""
    began: float = 0.0
    """When its last run was begun, in seconds since 1970."""
    cleared: bool = False
    """Whether what its last run left was taken away, as far as that goes."""
    machine: Machine = field(default_factory=Machine)
    """Of its last run, where the mode gives it one."""
    let_in: bool = False
    """Whether its last run had got through the switch, where that can be seen of one that did not start."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A command beside the payload that is over; without a code it had to be ended."""

    code: int | None
    out: bytes
    err: bytes

    def __str__(self) -> str:
        cause = told(self.err.decode(errors="replace"), self.code)
        return f"{self.code}{f' ({cause.kind} {cause.reason})' if cause else ''}"


class Pilot:
    """Takes payloads until there are none, and leaves nothing of them behind."""

    def __init__(self, orders: Orders, sandbox: Sandbox, vo: Vo, wake: Wake) -> None:
        self._orders = orders
        self._mode = MODES[orders.mode]
        self._sandbox = sandbox
        self._vo = vo
        self._wake = wake
        self._owner = owner_of(orders.proxy)
        self._notes = Notes(orders.notes)
        self._until = time.monotonic() + orders.limit
        if orders.careless:
            os.environ["PILOT_SECRET"] = orders.careless
            os.set_inheritable(os.open(sandbox.proxy, os.O_RDONLY), True)

    def work(self) -> None:
        """Run every payload that the VO has for us."""
        while payload := self._next():
            account, report = Account(), Report(payload.ident, self._orders.pilot)
            try:
                place = self._sandbox.place(payload, separates=self._mode.own_account, enclosed=self._mode.encloses)
            except OSError as error:
                why = f"its folder could not be made: {error.strerror}"
                report = replace(report, state="returned", failure=INTERNAL, why=why)
            else:
                report = self._served(Task(payload, place, account, payload.until), report)
            account.ended = time.time()
            code = "" if report.code is None else f", code {report.code}"
            log(f"{payload.ident} of {payload.user}: {report.state}{code}; {report.why}")
            self._vo.tell_end(replace(report, account=account))
            if account.bypass and account.remaining:
                raise Ended("what still runs of a payload that the pilot ran itself could read the next one's proxy")
            self._wake.check()

    def _served(self, task: Task, report: Report) -> Report:
        """Run a payload if it is ours to run, and take away what was laid out for it, whatever comes."""
        payload, place = task.payload, task.place
        try:
            if refusal := self._not_ours(payload):
                report = replace(report, state="returned", why=refusal)
            else:
                unpack(payload.sandbox, place.folder)
                report = self._handle(task, report)
        except SandboxProblem as error:
            report = replace(report, state="returned", why=f"its sandbox could not be unpacked: {error}")
        finally:
            if self._mode.own_account:
                if not task.cleared and task.calls:  # the VO was lost while it ran
                    self._clear(task, None)
            else:
                remove(place.copy.parent)
            discard(place.proxy)
            self._sandbox.forget_machine(payload.ident)
            if left := remove(place.folder):
                task.account.leftovers = left if task.account.leftovers >= 0 else -1
                task.account.left = "; ".join(filter(None, (task.account.left, str(place.folder))))
        return report

    # Question 1

    def _next(self) -> Payload | None:
        self._wake.check()
        left = self._until - time.monotonic()
        if left <= 0:
            raise Ended(f"the pilot's own limit of {self._orders.limit:g} s is up")
        with self._notes.held() as seen:
            only = self._orders.answers.only(self._situation(None, None, seen))
        if only is not None:
            log(f"question 1 is answered {self._orders.answers.multi_user_pilots}: asks for payloads of {only}")
        return self._vo.next(left, only)

    def _not_ours(self, payload: Payload) -> str:
        """Why a payload that the VO handed out is not to be run at this site; empty where it is."""
        with self._notes.held() as seen:
            at = self._situation(payload, None, seen)
        if at.owner and at.owner == at.pilot_owner:
            return ""
        allowed, why = self._orders.answers.may_fetch(at)
        return "" if allowed else f"not run: it is not the pilot owner's own, and {why}"

    def _situation(self, payload: Payload | None, cause: Cause | None, seen: Seen) -> Situation:
        return Situation(
            cause,
            owner_of(payload.proxy) if payload else "",
            self._owner,
            payload.fqans if payload else (),
            payload.vo if payload else "",
            well=seen.well,
            pilots=None if (there := pilots()) is None else there + self._orders.slots - 1,
            runs=seen.runs,
            now=datetime.now(UTC),
        )

    # The way through the switch, and what follows when it fails

    def _handle(self, task: Task, report: Report) -> Report:
        """Run one payload through the mode, and itself where question 4 allows it."""
        until = min(time.monotonic() + self._orders.start_limit, self._until)
        if not self._mode.calls_switch:
            return self._run(task, wrapped(task), self._plain(task), report, until)
        task.calls = self._for_switch(task)
        allowed = self._orders.start_limit + task.payload.limit
        own_account = self._mode.own_account
        contained, elsewhere = self._orders.mode == "container", self._orders.mode == "vm"
        wrapper = NAMED_WRAPPER if contained else WRAPPER
        words = wrapped(
            task, own_account=own_account, in_folder=self._mode.in_folder, elsewhere=elsewhere, wrapper=wrapper
        )
        tries = 0
        while True:
            launcher = self._launcher(task, allowed)
            command = [self._orders.switch, *launcher, *words]
            began = time.monotonic()
            ran = self._run(task, command, task.calls, report, until)
            ran, failure = self._classified(task, ran, began)
            if ran.state != "returned":
                return ran
            if failure == MISUSED and not task.account.mended and self._mend(task):
                continue
            if failure not in (INTERNAL, TRACELESS) or tries == self._orders.retries or task.account.remaining:
                return self._question_4(task, ran, failure)
            tries += 1
            pause = random.uniform(self._orders.retry_delay, self._orders.retry_delay * tries)
            if time.monotonic() + pause >= until:
                return self._question_4(task, ran, failure)
            if reason := self._pause(pause, report):
                return replace(ran, why=f"{ran.why}; {reason}")

    def _launcher(self, task: Task, limit: float) -> list[str]:
        """What starts a payload where it is kept apart, if the mode has such a thing."""
        match self._orders.mode:
            case "container":
                return self._container(task, limit)
            case "vm":
                return self._machine(task, limit)
            case _:
                return self._mode.launcher(limit)

    def _container(self, task: Task, limit: float) -> list[str]:
        """What starts a payload in namespaces of its own. Of the pilot's folders it sees those that are for it."""
        return [
            *CONTAINER,
            *("--limit", str(math.ceil(limit)), "--options", self._orders.container, "--pilot", str(os.getpid())),
            *("--folder", str(task.place.folder), "--proxy-folder", str(task.place.copy.parent), "--"),
        ]

    def _machine(self, task: Task, limit: float) -> list[str]:
        """The launcher of a machine for one run, with what goes in, and where it is to put what comes out."""
        payload, folder = task.payload, self._sandbox.machine(task.payload.ident)
        command = [*self._mode.launcher(limit), "--pilot", str(os.getpid()), "--result", str(folder / "result")]
        if payload.sandbox:
            (folder / "sandbox").write_bytes(packed(task.place.folder))
            command += ["--sandbox", str(folder / "sandbox")]
        if payload.outputs:
            command += ["--outputs", str(folder / "outputs"), *(f"--bring={name}" for name in payload.outputs)]
        return [*command, "--"]

    def _classified(self, task: Task, ran: Report, began: float) -> tuple[Report, str]:
        """The class of a call, after a canary where it is ambiguous; told in the report's words and the account."""
        err = ran.err.decode(errors="replace")
        failure, cause = self._class(task, ran), told(err, ran.code)
        if ran.state == "returned" and failure == AMBIGUOUS and not self._wake.ending:
            canary = self._canary(task)
            task.account.canary = canary
            failure = classify(False, ran.code, err, canary)
            ran = replace(ran, canary=canary, why=f"{ran.why}; the pilot's own harmless call {canary}: {failure}")
        call = {
            "code": ran.code if failure != PAYLOAD else None,
            "failure": failure,
            "cause": f"{cause.kind} {cause.reason}" if cause and failure != PAYLOAD else "",
            "seconds": round(time.monotonic() - began, 3),
        }
        task.account.calls = [*task.account.calls, call][:MOST_CALLS]
        if failure == PAYLOAD:
            with self._notes.held() as seen:
                seen.worked, seen.runs = time.time(), 0
            return ran, failure
        return replace(ran, failure=failure), failure

    def _class(self, task: Task, ran: Report) -> str:
        if ran.identity is None and task.machine.may_have_started:
            return PAYLOAD
        if ran.identity is None and (self._launcher_failed(ran) or no_folder(ran)):
            return INTERNAL
        return classify(ran.identity is not None, ran.code, ran.err.decode(errors="replace"))

    def _launcher_failed(self, report: Report) -> bool:
        marked = report.code == LAUNCHER_FAILED and LAUNCHER_MARK.search(report.err) is not None
        return marked and self._orders.mode in ("vm", "container") and not report.bypassed

    def _canary(self, task: Task) -> str:
        """How a harmless call of the switch with the pilot's own credential goes, right after an ambiguous one."""
        own = {"GLEXEC_CLIENT_CERT": str(self._sandbox.proxy), "GLEXEC_SOURCE_PROXY": str(self._sandbox.proxy)}
        environment = {**task.calls, **own, "GLEXEC_TARGET_PROXY": "/dev/null", "GLEXEC_ID": "canary"}
        ran = self._beside(
            [self._orders.switch, os.path.realpath("/bin/true")], environment, task, self._orders.call_limit
        )
        canary = canary_of(ran.code, ran.err.decode(errors="replace"))
        log(f"{task.payload.ident}: canary {canary}, code {ran}")
        return canary

    def _mend(self, task: Task) -> bool:
        """Put the credentials of a call in their places anew, the user's as the VO has it now; whether that went."""
        try:
            proxy = self._vo.renew(task.payload.ident)
        except VoProblem as problem:
            log(f"{task.payload.ident}: its call could not be mended: {problem}")
            return False
        self._sandbox.keep(task.payload.ident, proxy)
        self._sandbox.renew()
        task.account.mended = True
        log(f"{task.payload.ident}: the switch says that the call was wrong; mended, and once more")
        return True

    def _pause(self, pause: float, report: Report) -> str:
        """Wait before the next call; why there is to be none, if so."""
        deadline = time.monotonic() + pause
        while (left := deadline - time.monotonic()) > 0:
            self._wake.wait(left)
            if self._wake.ending:
                return f"{self._wake.ending} before the switch was called again"
        return "not called again, as the VO asked" if self._vo.tell(report).stop else ""

    def _question_4(self, task: Task, failed: Report, failure: str) -> Report:
        """Give the payload back, or run it as the pilot: recorded and said so, with the pilot's proxy out of reach."""
        allowed, why = self._ruled(task, failed, failure, runs=0)
        if allowed and (objection := self._objection(task) or self._vos_objection(task)):
            allowed, why = False, objection
        if allowed:  # asking took its time, and other pilots of the node note something meanwhile
            allowed, why = self._ruled(task, failed, failure, runs=1)
        if not allowed:
            task.account.ruling = why
            return replace(failed, why=f"{failed.why}; {why}")
        payload, cause = task.payload, told(failed.err.decode(errors="replace"), failed.code)
        said = f"{cause.kind} {cause.reason}" if cause else "no cause told"
        line = (
            f"by-pass: glexec ended with {failed.code}, {said}, taken for {failure}; {self._orders.pilot} runs "
            f"{payload.ident} of {payload.user} itself, unseparated, as uid {os.getuid()}, for "
            f"{owner_of(payload.proxy) or 'nobody knows whom'}: {json.dumps(payload.argv)}"
        )
        try:
            syslog(self._orders.site_log, line)
        except OSError as error:
            task.account.ruling = f"no record could be made, {error.strerror or 'nobody takes it'}"
            return replace(failed, why=f"{failed.why}; not run by the pilot: {task.account.ruling}")
        log(f"{line}; {why}")
        task.account.bypass = why
        report = replace(Report(payload.ident, self._orders.pilot, bypassed=True), canary=failed.canary)
        with self._sandbox.proxy_hidden(task.account):
            until = time.monotonic() + BYPASS_START
            ran = self._run(task, wrapped(task), self._plain(task), report, until)
        said = f"by-pass after {failed.code} of the switch, unseparated; "
        return replace(ran, why=said + ran.why, err=(failed.err + ran.err)[:LARGEST_STREAM], failure=failure)

    def _ruled(self, task: Task, failed: Report, failure: str, *, runs: int) -> tuple[bool, str]:
        """What the site's answer to question 4 says now, and why; where it is yes so many more ``runs`` are noted."""
        cause = told(failed.err.decode(errors="replace"), failed.code)
        with self._notes.held() as seen:
            allowed, why = self._orders.answers.may_run_itself(failure, self._situation(task.payload, cause, seen))
            if allowed and seen.runs is not None:
                seen.runs += runs
        return allowed, why

    def _vos_objection(self, task: Task) -> str:
        """Why the VO has nobody run this payload past the switch: its ban holds there as well. No answer is no."""
        try:
            return self._vo.ban(task.payload.ident)
        except VoProblem as problem:
            return f"the VO does not say whether it has banned its owner: {problem}"

    def _objection(self, task: Task) -> str:
        """Why the pilot does not run a payload itself, though the site would let it."""
        if self._wake.ending or time.monotonic() >= self._until:
            return f"it would be ended at once: {self._wake.ending or 'the time of the pilot is up'}"
        if task.account.remaining:
            return STILL_THERE
        if task.let_in:
            return LET_IN
        if self._orders.careless:
            return CARELESS
        return WORKERS if self._orders.slots > 1 else ""

    def _plain(self, task: Task) -> dict[str, str]:
        """The environment of a payload that runs as the pilot."""
        return {"HOME": str(task.place.folder), "PATH": "/usr/bin:/bin", "X509_USER_PROXY": str(task.place.proxy)}

    def _for_switch(self, task: Task) -> dict[str, str]:
        """The environment of a call of the switch."""
        return {
            "HOME": str(task.place.folder),
            "PATH": "/usr/bin:/bin",
            "X509_USER_PROXY": str(self._sandbox.proxy),
            "GLEXEC_CLIENT_CERT": str(task.place.proxy),
            "GLEXEC_SOURCE_PROXY": str(task.place.proxy),
            "GLEXEC_TARGET_PROXY": str(task.place.copy),
            "GLEXEC_ID": task.payload.ident,
        }

    def _beside(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        task: Task,
        limit: float,
        most: int = LARGEST_PREVIEW,
    ) -> Ran:
        """Run a command beside the payload, for so many seconds at most; ``most`` bytes of each stream are kept."""
        try:
            process = Process(command, environment, task.place.folder, b"", self._wake, most)
        except OSError as error:
            return Ran(127 if isinstance(error, FileNotFoundError) else 126, b"", str(error).encode())
        try:
            self._turn_until(process, limit, lambda: process.code is not None)
            code = process.code
            for kind in (signal.SIGTERM, signal.SIGKILL):
                if process.code is None:
                    with contextlib.suppress(OSError):
                        os.killpg(process.group, kind)
                    self._turn_until(process, GRACE, lambda: process.code is not None)
            self._turn_until(process, DRAIN, lambda: not process.open)
            return Ran(code, bytes(process.out), bytes(process.err))
        finally:
            process.close()

    # One run, from its first to its last moment

    def _run(
        self, task: Task, command: list[str], environment: Mapping[str, str], report: Report, until: float
    ) -> Report:
        """Run a command to its end, its time limit, or ours; what became of it. It has to have started at ``until``."""
        task.began, task.cleared, task.let_in, task.machine = time.time(), False, False, Machine()
        try:
            process = Process(
                command,
                environment,
                task.place.folder,
                task.payload.stdin,
                self._wake,
                careless=bool(self._orders.careless),
            )
        except OSError as error:
            code = 127 if isinstance(error, FileNotFoundError) else 126
            return replace(report, state="returned", code=code, why=f"{command[0]}: {error.strerror}")
        try:
            report, reason = self._follow(process, task, report, until)
        finally:
            leftovers = self._end(process, task)
            process.close()
        identity, out = parsed_start(bytes(process.out))
        report = replace(report, identity=identity, out=out, err=bytes(process.err))
        if self._orders.mode == "vm" and not report.bypassed:
            task.machine = Machine.read(self._sandbox.private(f"{task.payload.ident}.machine") / "result")
            task.account.machine = task.machine.said
        report = self._judged(report, process.code, reason, leftovers, task)
        task.let_in = task.let_in or no_folder(report) or task.machine.of_the_users
        if identity and reason != "ended":
            report = replace(report, outputs=self._bring_back(task, report))
        if self._mode.own_account and not report.bypassed:
            self._clear(task, identity)
        return report

    def _follow(self, process: Process, task: Task, report: Report, until: float) -> tuple[Report, str]:
        """Watch until it ends or must be ended (the reason), reporting its start and what it says."""
        deadline, told_at, shown = until, math.inf, 0
        while process.code is None:
            said = min(len(process.out), LARGEST_PREVIEW)
            due = told_at + (FRESH_BEAT if said != shown else BEAT)
            process.turn(min(deadline, due, self._until) - time.monotonic())
            now = time.monotonic()
            if self._wake.ending and process.code is None:
                return report, "ended"
            if now >= deadline or now >= self._until:
                task.let_in = self._mode.own_account and let_in(process.group)
                return report, "hung"
            identity, out = parsed_start(bytes(process.out[: 2 * LARGEST_PREVIEW]))
            if identity and report.state != "started":
                apart = self._separated(report, identity)
                report = replace(report, state="started", identity=identity, separated=apart)
                deadline, shown = now + task.payload.limit, said
                task.account.started = time.time()
                if self._mode.own_account and not report.bypassed:
                    task.place.folder.chmod(0o700)  # what it needs of it, it has copied; others could read it too
            elif now < due:
                continue
            else:
                report = replace(report, out=out[:LARGEST_PREVIEW], err=bytes(process.err[:LARGEST_PREVIEW]))
                shown = said
            told_at = now
            try:
                answer = self._vo.tell(report, min(deadline, self._until))
            except Late:
                continue  # its time is up, whatever the VO would have said
            if answer.stop:
                return report, "stopped"
            if answer.until > task.until:
                self._renew(task, report, min(deadline, self._until))
                task.until = answer.until
        return report, ""

    def _separated(self, report: Report, identity: Mapping[str, Any]) -> bool:
        proven = self._orders.mode != "container" or in_own_namespaces(identity)
        return self._mode.separates and not report.bypassed and proven

    def _judged(self, report: Report, code: int | None, reason: str, leftovers: str, task: Task) -> Report:
        """The last report: a payload that has started has run, whatever its code."""
        started = report.identity is not None
        separated = report.identity is not None and self._separated(report, report.identity)
        report = replace(report, separated=separated, code=code)
        if reason == "hung":
            why = f"the payload did not {'end' if started else 'start'} in time, so it was ended{leftovers}"
            # A call that is surely gone without having started anything is one without an answer.
            perhaps = started or task.machine.may_have_started
            state = "hung" if perhaps or task.account.remaining or report.bypassed else "returned"
            return replace(report, state=state, code=None, why=why)
        if reason == "ended":
            return replace(report, state="lost", why=f"{self._wake.ending} while the payload ran{leftovers}")
        machine = task.machine
        # A launcher that is told to end, as the VO asks for, has no time to write more.
        failed = machine.may_have_started and not (started and reason == "stopped")
        if failed or (started and self._launcher_failed(report)):
            what = "launcher" if self._orders.mode == "container" else "machine"
            seen = "failed while it ran" if started else "failed, and it may have run"
            why = f"the {what} of the payload {seen}{f' ({machine.said})' if machine.said else ''}{leftovers}"
            return replace(report, state="hung" if machine.cause == "time-limit" else "lost", why=why)
        if started:
            task.account.started = task.account.started or task.began
            apart = "apart from the pilot" if separated else "as the pilot, unseparated"
            asked = " and was stopped as the VO asked" if reason == "stopped" else ""
            asked += f"; its machine says: {machine.cause}" if machine.cause else ""
            return replace(report, state="ended", why=f"the payload ran {apart}{asked}{leftovers}")
        why = WORDS[self._class(task, report)]
        why += f" (its machine: {machine.said})" if machine.cause else ""
        return replace(report, state="returned", why=why + leftovers)

    # What it needs while it runs, and what it leaves

    def _renew(self, task: Task, report: Report, until: float) -> None:
        """Bring the user's new proxy to the running payload, in the old one's place at one blow; it has until then."""
        account = task.account
        try:
            proxy = self._vo.renew(task.payload.ident, until)
        except VoProblem as problem:
            account.renewal = str(problem)
            return
        self._sandbox.keep(task.payload.ident, proxy)
        if self._mode.calls_switch and not report.bypassed:
            if not os.path.lexists(task.place.copy):
                account.renewal = "there is no copy of the old one to be seen that could be renewed"
                return
            limit = max(min(self._orders.call_limit, until - time.monotonic()), 0.0)
            ran = self._beside([self._orders.switch], task.calls, task, limit)
            account.renewal = "" if ran.code == 0 else f"the switch ended with {ran}"
        else:
            account.renewal = ""
        account.renewals += not account.renewal
        log(f"{task.payload.ident}: a new proxy: {account.renewal or 'brought'}")

    def _bring_back(self, task: Task, report: Report) -> bytes:
        """The tar of the payload's outputs, made by its own account. What of it is left out is told."""
        account, names = task.account, task.payload.outputs
        if not names:
            return b""
        if self._orders.mode == "vm" and not report.bypassed:
            return self._brought_from_machine(task)
        through = self._mode.own_account and not report.bypassed
        command = [os.path.realpath(sys.executable), "-I", os.path.abspath(sys.argv[0]), "--pack"]
        command += [str(task.place.work if through else task.place.folder), *names]
        environment: Mapping[str, str] = {"PATH": "/usr/bin:/bin"}
        if through:
            command, environment = [self._orders.switch, *command], self._without_copy(task)
        ran = self._beside(command, environment, task, PACK_LIMIT, LARGEST_OUTPUTS + 1)
        account.left_out = "; ".join(ran.err.decode(errors="replace").splitlines())
        if ran.code != 0:
            account.left_out = f"all of it: packing ended with {ran}; {account.left_out}"
            return b""
        return self._let_in(ran.out, account)

    def _brought_from_machine(self, task: Task) -> bytes:
        """The tar that the launcher has written; a machine that was lost has left none."""
        task.account.left_out = task.machine.left_out
        try:
            file = self._sandbox.private(f"{task.payload.ident}.machine") / "outputs"
            return self._let_in(read_plain(file, LARGEST_OUTPUTS), task.account)
        except OSError as error:
            task.account.left_out = f"all of it: nothing came out of the payload's machine: {error.strerror}"
            return b""

    @staticmethod
    def _let_in(archive: bytes, account: Account) -> bytes:
        """A tar that came from a payload's account, if it is one that may be handed on."""
        try:
            if len(archive) > LARGEST_OUTPUTS:
                raise tarfile.TarError(f"more than {LARGEST_OUTPUTS} bytes")
            account.files = good_outputs(archive) if archive else 0
        except (tarfile.TarError, EOFError) as error:
            account.left_out = f"all of it: what came back cannot be used: {error}"
            return b""
        account.bytes = len(archive) if account.files else 0
        return archive if account.files else b""

    def _clear(self, task: Task, identity: Mapping[str, Any] | None) -> None:
        """Take away what belongs to the payload's account, as that account; what stays is told."""
        task.cleared = True
        places = [str(path) for path in (task.place.work, task.place.copy) if os.path.lexists(path)]
        if places:
            command = [self._orders.switch, os.path.realpath("/bin/sh"), "-c", CLEAR, "clear", *places]
            ran = self._beside(command, self._without_copy(task), task, CLEAR_LIMIT)
            stays = [path for path in places if os.path.lexists(path)]
            counted = ran.code == 0 and re.fullmatch(rb"\s*\d{1,9}\s*", ran.out)
            task.account.leftovers = (int(ran.out) if counted else -1) if stays else 0
            if stays:
                task.account.left = f"{' '.join(stays)}: the switch ended with {ran}"
        if identity and (elsewhere := left_elsewhere(identity["uid"], task.began - CLOCK)):
            also = f"made elsewhere by uid {identity['uid']}: {' '.join(elsewhere)}"
            task.account.left = "; ".join(filter(None, (task.account.left, also)))
            task.account.leftovers += len(elsewhere) if task.account.leftovers >= 0 else 0
        if task.account.left:
            log(f"{task.payload.ident}: left behind: {task.account.left}")

    def _without_copy(self, task: Task) -> dict[str, str]:
        """The environment of a call that needs no copy of the proxy."""
        return {**task.calls, "GLEXEC_TARGET_PROXY": "/dev/null"}

    # Its end

    def _end(self, process: Process, task: Task) -> str:
        """End what still runs of a payload, first kindly; what had to be ended beyond it, in words.

        Before the switch itself is killed, which would take its last record from the site, what it runs is.
        """
        said = ""

        def resisting() -> list[int]:
            left = self._reap(process)  # where the switch refuses, it is not asked again and again
            return [pid for pid in left if ours(pid)] if said else left

        if process.code is None:
            self._signal(signal.SIGTERM, [-process.group], task)
            self._turn_until(process, GRACE, lambda: process.code is not None)
        if process.code is None and (foreign := [pid for pid in descendants(process.group) if not ours(pid)]):
            said = self._signal(signal.SIGKILL, foreign, task)
            self._turn_until(process, 0 if said else GRACE, lambda: process.code is not None)
        if process.code is None:
            self._signal(signal.SIGKILL, [-process.group], task)
            self._turn_until(process, GRACE, lambda: process.code is not None)
        self._turn_until(process, DRAIN, lambda: not process.open)
        ended: set[int] = set()
        for kind in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL, signal.SIGKILL):
            if not (left := resisting()):
                break
            ended.update(left)
            said = self._signal(kind, left, task) or said
            self._turn_until(process, GRACE, lambda: not resisting())
        left = self._reap(process) and [pid for pid in descendants(os.getpid()) if runs(pid)]
        task.account.processes += len(ended - set(left))
        note = f"; left-over processes were ended: {len(ended - set(left))}" if ended - set(left) else ""
        if not left:
            return note
        named = ", ".join(f"{pid} of uid {owner(pid)}" for pid in left[:MOST_NAMED])
        named += f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        task.account.remaining = (
            f"{named}; {said or 'they did not end'}; root of this node can end them, or the batch system by the job's "
            "cgroup or session, and the switch once it works again"
        )
        log(f"{task.payload.ident}: STILL RUNNING: {task.account.remaining}")
        return f"{note}; some could not be: {task.account.remaining}"

    def _reap(self, process: Process) -> list[int]:
        """Collect the orphans that have ended; those that have not."""
        left = []
        for pid in children():
            if pid == process.group and process.code is None:
                left.append(pid)
                continue
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG) == (0, 0):
                    left.append(pid)
        return left

    def _turn_until(self, process: Process, limit: float, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + limit
        while not reached() and (left := deadline - time.monotonic()) > 0:
            process.turn(left)

    def _signal(self, kind: signal.Signals, targets: list[int], task: Task) -> str:
        """Send a signal; through the switch, with the user's own proxy, where the targets are another account's.

        Why that did not go, where it did not.
        """
        foreign = []
        for target in targets:
            try:
                os.kill(target, kind)
            except ProcessLookupError:
                continue
            except PermissionError:
                foreign.append(str(target))
        if not (foreign and self._mode.own_account and task.calls):
            return f"they are not the pilot's: {' '.join(foreign)}" if foreign else ""
        # A process that has ended meanwhile is none that resists.
        script = 'kill -s "$0" -- "$@" 2>/dev/null; exit 0'
        command = [self._orders.switch, os.path.realpath("/bin/sh"), "-c", script, kind.name[3:], *foreign]
        ran = self._beside(command, self._without_copy(task), task, CLEAR_LIMIT)
        log(f"{kind.name} to {foreign} through the switch: code {ran}")
        return "" if ran.code == 0 else f"the switch, asked to let the user end them, ended with {ran}"


# --- its words --------------------------------------------------------------------------------------------------------


def log(line: str) -> None:
    """A line for whoever looks after pilots, one whatever is in it. A reader that is gone is no reason to fail."""
    said = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in line[:LONGEST_LINE])
    with contextlib.suppress(OSError):
        os.write(2, f"pilot: {said}\n".encode())


def syslog(place: str, line: str) -> None:
    """A line for the site (facility user, severity notice). Raises `OSError` when nobody takes it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.settimeout(ANSWER_LIMIT)
        site.connect(place)
        site.send(f"<13>pilot[{os.getpid()}]: {line}".encode()[:8192])


def main() -> int:
    """Work until there is nothing left to do, alone or as so many workers as there are slots."""
    if sys.argv[1:2] == ["--pack"]:
        return pack(sys.argv[2], sys.argv[3:])
    try:
        orders = Orders.parse(sys.stdin.buffer.read())
    except OrdersProblem as problem:
        log(str(problem))
        return 2
    if orders.slots == 1:
        return work(orders, 0)
    workers = []
    for number in range(orders.slots):
        if not (pid := os.fork()):
            os._exit(work(orders, number))
        workers.append(pid)
    return watch(workers)


def watch(workers: Sequence[int]) -> int:
    """Wait until every worker has ended; the worst of their codes. Each hears for itself when nobody reads us."""

    def pass_on(number: int, _: object) -> None:
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, pass_on)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers]
    return max(status if status >= 0 else 128 - status for status in statuses)


def work(orders: Orders, worker: int) -> int:
    """Work until there is nothing left to do; leave nothing behind."""
    wake = Wake()
    if orders.adopts:
        adopt_orphans()
    sandbox = Sandbox(orders.proxy)
    try:
        vo = Vo(orders, sandbox.proxy, worker, sandbox.renew)
        try:
            Pilot(orders, sandbox, vo, wake).work()
        finally:
            vo.close()
    except ssl.SSLError as error:
        log(f"the orders' certificates cannot be used: {error}")
        return 2
    except VoProblem as problem:
        log(f"the VO gives no answer: {problem}")
        return 1
    except Ended as ended:
        log(str(ended))
        return 143
    finally:
        sandbox.remove()
    log("nothing left to do")
    return 0


if __name__ == "__main__":
    sys.exit(main())
