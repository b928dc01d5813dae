#!/usr/bin/python3
"""The pilot job: fetches payloads of a VO's users one by one and runs each through the mode it was sent with.

``agent.py PILOT_ID < ORDERS``, on a worker node, as the pilot account; one file, standard library only. The orders are
one JSON object:

    pilot, slot                  who it is, and whose payloads it takes
    vo: {name, address, port}    where the VO answers, and the name that its certificate must show
    ca, proxy                    PEM: the authorities to believe, the pilot's own proxy
    mode                         none, log-only, setuid, vm
    on_internal_error, rules     question 4 of the site, and when "depends" means yes: [{"users": [], "codes": []}]
    start_limit, limit           seconds until a payload must have started; seconds for the whole pilot
    switch, site_log             optional: the path of glexec; the socket that takes the site's log lines

Exit code 0 when the queue is empty, 1 when the VO gives no answer, 2 for orders that make no sense, 143 when ended
from outside: by SIGTERM, SIGHUP or SIGINT, or by the end of the connection that it was started over.
"""

import base64
import contextlib
import ctypes
import http.client
import io
import json
import math
import os
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

SWITCH = "/usr/sbin/glexec"
SITE_LOG = "/dev/log"
LAUNCHER = ("/usr/bin/python3", "/usr/libexec/testbed/node/vm.py")
REFUSALS = frozenset({126, 127, 201, 203})
"""Codes of the switch after which the payload goes back: denied, or a mistake of the pilot's; but see `undecided`."""
INTERNAL = 202
REFUSED = 203
CAUSE = re.compile(rb"^\[gLExec\]: cause class=(\S+) reason=(\S+) code=203\n\Z", re.MULTILINE)
"""Where the site has it told (report_cause), why the switch refused: the last line of its standard error."""
PERHAPS_NO = b"lcmaps-refused"
"""The reason of the switch where LCMAPS refused and did not say why: that may well have been a decision."""
NEVER_OPEN = b"account-missing"
"""The reason of the switch where the authority named an account that the node does not have: nobody runs that."""
LAUNCHER_FAILED = 125
LAUNCHER_MARK = re.compile(rb"^\[vm\]: ", re.MULTILINE)

GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL."""
BEAT = 0.5
"""Seconds between two reports of a payload that runs."""
FRESH_BEAT = 0.1
"""The same while there is output that the VO has not seen; short payloads have ended by then."""
DRAIN = 0.3
"""Seconds that output may still come after the payload has ended."""
ANSWER_LIMIT = 10.0
LARGEST_STREAM = 1 << 20
LARGEST_PREVIEW = 1 << 16
"""Bytes of each stream that are kept; and that are reported while the payload runs."""

START = re.compile(rb"started (\d*) (\S*) (\S*)\n")
WRAPPER = (
    "read -r host </proc/sys/kernel/hostname; "
    'printf "started %s %s %s\\n" "$(/usr/bin/id -u)" "$(/usr/bin/id -un)" "$host"; exec "$@"'
)
"""The start handshake. It needs no PATH, which the switch takes away, and leaves the standard input unread."""
WITHIN = 'cd -- "$1" || exit 126; shift; '
"""Before it, where there is a sandbox: the switch begins in the account's home."""


class OrdersProblem(Exception):
    """The orders make no sense."""


class VoProblem(Exception):
    """The VO gives no answer, or one that makes no sense."""


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
    on_internal_error: str
    rules: tuple[Mapping[str, Any], ...]
    start_limit: float
    limit: float
    switch: str
    site_log: str

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
                on_internal_error=str(data["on_internal_error"]),
                rules=tuple({"users": rule["users"], "codes": rule["codes"]} for rule in data["rules"]),
                start_limit=float(data["start_limit"]),
                limit=float(data["limit"]),
                switch=str(data.get("switch", SWITCH)),
                site_log=str(data.get("site_log", SITE_LOG)),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise OrdersProblem(f"the orders cannot be read: {type(error).__name__} {error}") from None
        if orders.mode not in MODES or orders.on_internal_error not in ("no", "depends", "yes"):
            raise OrdersProblem(f"unknown mode or answer: {orders.mode}, {orders.on_internal_error}")
        return orders

    def may_bypass(self, user: str, code: int) -> bool:
        """Question 4: after an internal error of the switch, may the pilot run this user's payload itself?"""
        if self.on_internal_error == "depends":
            return any(user in rule["users"] and code in rule["codes"] for rule in self.rules)
        return self.on_internal_error == "yes"


@dataclass(frozen=True, slots=True)
class Payload:
    """One user's payload as the VO hands it out."""

    ident: str
    user: str
    argv: list[str]
    stdin: bytes
    limit: float
    proxy: str
    sandbox: bytes

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Payload":
        """The payload in an answer of the VO."""
        try:
            return cls(
                str(data["id"]),
                str(data["user"]),
                [str(word) for word in data["argv"]],
                base64.b64decode(data["stdin"]),
                float(data["limit"]),
                str(data["proxy"]),
                base64.b64decode(data.get("sandbox", "")),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise VoProblem(f"a payload that cannot be read: {type(error).__name__} {error}") from None


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

    def json(self) -> dict[str, Any]:
        """As the VO reads it."""
        return {
            "payload": self.payload,
            "pilot": self.pilot,
            "state": self.state,
            "code": self.code,
            "separated": self.separated,
            "bypassed": self.bypassed,
            "identity": self.identity,
            "out": base64.b64encode(self.out).decode(),
            "err": base64.b64encode(self.err).decode(),
            "why": self.why,
        }


class Vo:
    """The VO, over one kept-open connection on which both sides have proved who they are."""

    def __init__(self, orders: Orders, proxy: Path) -> None:
        self._orders = orders
        self._asked = 0
        self._connection: http.client.HTTPConnection | None = None
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Not strict: X509_STRICT asks of every certificate what grid authorities lack, such as key identifiers.
        self._context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST
        self._context.load_verify_locations(cadata=orders.ca)
        self._context.load_cert_chain(proxy)

    def next(self, left: float) -> Payload | None:
        """The next payload that fits a pilot with ``left`` seconds to go, or nothing.

        The number of the request tells the VO that one is the same when it comes twice: it then gives the same payload.
        """
        self._asked += 1
        offer = {"mode": self._orders.mode, "memory": memory(), "seconds": max(left, 0.0)}
        asked = {"pilot": self._orders.pilot, "request": str(self._asked), "offer": offer}
        given = self._post("/next", asked).get("payload")
        return Payload.parse(given) if given else None

    def tell(self, report: Report) -> bool:
        """Report; whether the VO wants the payload to be ended. What it cannot use is noted in the pilot's log."""
        answer = self._post("/reports", report.json())
        if "problem" in answer:
            log(f"{report.payload}: the VO refused the report: {answer['problem']}")
        return bool(answer.get("stop"))

    def _post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask; once more over a new connection when the kept one turns out to be closed."""
        for attempt in (1, 2):
            try:
                connection = self._connection or self._connect()
                connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
                answer = json.loads(connection.getresponse().read())
                if not isinstance(answer, dict):
                    raise VoProblem(f"{path}: not an object")
                return answer
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.close()
                if attempt == 2:
                    raise VoProblem(f"{path}: {error or type(error).__name__}") from error
        raise AssertionError("unreachable")

    def _connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self._orders.address, self._orders.port, timeout=ANSWER_LIMIT)
        plain = socket.create_connection((self._orders.address, self._orders.port), ANSWER_LIMIT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock = self._context.wrap_socket(plain, server_hostname=self._orders.host)
        self._connection = connection
        return connection

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


# --- where it works ---------------------------------------------------------------------------------------------------


class Sandbox:
    """The pilot's folder: 0711, so that other accounts can pass, with a private place (0700) for proxies."""

    def __init__(self, proxy: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pilot-"))
        self.folder.chmod(0o711)
        self._private = self.folder / "private"
        self._private.mkdir(0o700)
        self._proxy = proxy
        self.proxy = self.keep("pilot", proxy)

    def keep(self, name: str, proxy: str) -> Path:
        """A proxy in a file that nobody else can open, from its first moment."""
        path = self._private / f"{name}.pem"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(proxy)
        return path

    def place(self, name: str) -> Path:
        """A folder for one payload to start in."""
        path = self.folder / name
        path.mkdir(0o700)
        path.chmod(0o711)
        return path

    @contextlib.contextmanager
    def proxy_hidden(self) -> Iterator[None]:
        """The pilot's own proxy is out of the file system meanwhile."""
        self.proxy.unlink(missing_ok=True)
        try:
            yield
        finally:
            self.keep("pilot", self._proxy)

    def remove(self) -> None:
        """Take everything away that this account may remove."""
        remove(self.folder)


def unpack(archive: bytes, folder: Path) -> None:
    """Lay a payload's files out for whatever account it will have: readable by all, to be changed by nobody else."""
    if not archive:
        return
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        members.extractall(folder, filter="data")  # nothing outside of the folder, no devices, no set-id bits
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def memory() -> int:
    """MiB that this machine could still give a payload; 0 where nobody knows."""
    with contextlib.suppress(OSError), open("/proc/meminfo") as file:
        found = re.search(r"^MemAvailable: +(\d+) kB$", file.read(), re.MULTILINE)
        return int(found[1]) // 1024 if found else 0
    return 0


def remove(folder: Path) -> None:
    """Remove a folder and what is in it; what resists is noted."""
    try:
        shutil.rmtree(folder)
    except OSError as error:
        log(f"left behind: {folder}: {error}")


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

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path, stdin: bytes, wake: Wake):
        self._wake = wake
        with input_file(stdin) as source:
            self._popen = subprocess.Popen(
                command,
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=folder,
                process_group=0,
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
        kept += data[: LARGEST_STREAM - len(kept)]
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


def children() -> list[int]:
    """The processes whose parent we are: what a payload left behind comes to us, since we adopt orphans."""
    found = []
    for path in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            if path.name.isdecimal() and int((path / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(path.name))
    return found


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
    launcher: Callable[[float], list[str]] = field(default=lambda limit: [])


MODES = {
    "none": Mode(calls_switch=False, separates=False),
    "log-only": Mode(calls_switch=True, separates=False),
    "setuid": Mode(calls_switch=True, separates=True),
    "vm": Mode(
        calls_switch=True,
        separates=True,
        launcher=lambda limit: [*LAUNCHER, "--limit", str(math.ceil(limit)), "--"],
    ),
}


def wrapped(payload: Payload, folder: Path) -> list[str]:
    """The command that says who it is and then becomes the payload. The switch refuses symbolic links."""
    shell = os.path.realpath("/bin/sh")
    if payload.sandbox:
        return [shell, "-c", WITHIN + WRAPPER, "payload", str(folder), *payload.argv]
    return [shell, "-c", WRAPPER, "payload", *payload.argv]


def parsed_start(out: bytes) -> tuple[Mapping[str, Any] | None, bytes]:
    """The handshake in the first line of an output, and the output without it."""
    found = START.match(out)
    if found is None:
        return None, out
    uid, user, host = (part.decode(errors="replace") for part in found.groups())
    return {"uid": int(uid or -1), "user": user, "host": host}, out[found.end() :]


# --- the pilot --------------------------------------------------------------------------------------------------------


def undecided(report: Report) -> bool:
    """Whether the switch says that it refused because nobody decided. A code of 203 alone is taken for a no."""
    told = CAUSE.search(report.err) if report.code == REFUSED and not report.bypassed else None
    if told is None or told[2] in (PERHAPS_NO, NEVER_OPEN):
        return False
    return told[1] in (b"unavailable", b"undecided")


class Pilot:
    """Takes payloads until there are none, and leaves nothing of them behind."""

    def __init__(self, orders: Orders, sandbox: Sandbox, vo: Vo, wake: Wake) -> None:
        self._orders = orders
        self._mode = MODES[orders.mode]
        self._sandbox = sandbox
        self._vo = vo
        self._wake = wake
        self._until = time.monotonic() + orders.limit

    def work(self) -> None:
        """Run every payload that the VO has for us."""
        while payload := self._next():
            proxy = self._sandbox.keep(payload.ident, payload.proxy)
            folder = self._sandbox.place(payload.ident)
            try:
                unpack(payload.sandbox, folder)
                report = self._handle(payload, proxy, folder)
            except (tarfile.TarError, EOFError, zlib.error) as error:
                why = f"its sandbox could not be unpacked: {error}"
                report = Report(payload.ident, self._orders.pilot, "returned", why=why)
            finally:
                proxy.unlink(missing_ok=True)  # a payload with our uid may have been there before us
                remove(folder)
            code = "" if report.code is None else f", code {report.code}"
            log(f"{payload.ident} of {payload.user}: {report.state}{code}; {report.why}")
            self._vo.tell(report)
            self._wake.check()

    def _next(self) -> Payload | None:
        self._wake.check()
        left = self._until - time.monotonic()
        if left <= 0:
            raise Ended(f"the pilot's own limit of {self._orders.limit:g} s is up")
        return self._vo.next(left)

    def _handle(self, payload: Payload, proxy: Path, folder: Path) -> Report:
        """Run one payload through the mode, and itself where question 4 allows it."""
        report = Report(payload.ident, self._orders.pilot)
        if not self._mode.calls_switch:
            return self._run(payload, wrapped(payload, folder), self._plain(proxy, folder), folder, report)
        allowed = self._orders.start_limit + payload.limit
        command = [self._orders.switch, *self._mode.launcher(allowed), *wrapped(payload, folder)]
        report = self._run(payload, command, self._for_switch(payload, proxy, folder), folder, report)
        if report.state != "returned" or not self._internal(report):
            return report
        assert report.code is not None
        if not self._orders.may_bypass(payload.user, report.code):
            return replace(report, why=f"{report.why}; the site's answer is {self._orders.on_internal_error}")
        return self._bypass(payload, proxy, folder, report)

    def _internal(self, report: Report) -> bool:
        """Whether it was the switch, what it asks, or the launcher that failed, and not the user or the pilot."""
        return report.code == INTERNAL or undecided(report) or self._launcher_failed(report)

    def _launcher_failed(self, report: Report) -> bool:
        marked = report.code == LAUNCHER_FAILED and LAUNCHER_MARK.search(report.err) is not None
        return marked and self._orders.mode == "vm" and not report.bypassed

    def _bypass(self, payload: Payload, proxy: Path, folder: Path, failed: Report) -> Report:
        """Run the payload as the pilot, recorded and said so, with the pilot's own proxy out of reach."""
        line = (
            f"by-pass: glexec ended with {failed.code}; {self._orders.pilot} runs {payload.ident} of {payload.user} "
            f"itself, unseparated, as uid {os.getuid()}: {json.dumps(payload.argv)}"
        )
        try:
            syslog(self._orders.site_log, line)
        except OSError as error:
            return replace(failed, why=f"{failed.why}; not run by the pilot: no record could be made, {error.strerror}")
        log(line)
        report = Report(payload.ident, self._orders.pilot, bypassed=True)
        with self._sandbox.proxy_hidden():
            ran = self._run(payload, wrapped(payload, folder), self._plain(proxy, folder), folder, report)
        said = f"by-pass after {failed.code} of the switch, unseparated; "
        return replace(ran, why=said + ran.why, err=(failed.err + ran.err)[:LARGEST_STREAM])

    def _plain(self, proxy: Path, folder: Path) -> dict[str, str]:
        """The environment of a payload that runs as the pilot."""
        return {"HOME": str(folder), "PATH": "/usr/bin:/bin", "X509_USER_PROXY": str(proxy)}

    def _for_switch(self, payload: Payload, proxy: Path, folder: Path) -> dict[str, str]:
        """The environment of a call of the switch."""
        return {
            "HOME": str(folder),
            "PATH": "/usr/bin:/bin",
            "X509_USER_PROXY": str(self._sandbox.proxy),
            "GLEXEC_CLIENT_CERT": str(proxy),
            "GLEXEC_SOURCE_PROXY": str(proxy),
            "GLEXEC_ID": payload.ident,
        }

    def _run(
        self, payload: Payload, command: list[str], environment: dict[str, str], folder: Path, report: Report
    ) -> Report:
        """Run a command to its end, its time limit, or ours; what became of it."""
        try:
            process = Process(command, environment, folder, payload.stdin, self._wake)
        except OSError as error:
            code = 127 if isinstance(error, FileNotFoundError) else 126
            return replace(report, state="returned", code=code, why=f"{command[0]}: {error.strerror}")
        try:
            report, reason = self._follow(process, payload, report)
        finally:
            leftovers = self._end(process, environment, folder)
            process.close()
        identity, out = parsed_start(bytes(process.out))
        report = replace(report, identity=identity, out=out, err=bytes(process.err))
        return self._judged(report, process.code, reason, leftovers)

    def _follow(self, process: Process, payload: Payload, report: Report) -> tuple[Report, str]:
        """Watch until it ends or must be ended (the reason), reporting its start and what it says."""
        deadline, told, shown = time.monotonic() + self._orders.start_limit, math.inf, 0
        while process.code is None:
            said = min(len(process.out), LARGEST_PREVIEW)
            due = told + (FRESH_BEAT if said != shown else BEAT)
            process.turn(min(deadline, due, self._until) - time.monotonic())
            now = time.monotonic()
            if self._wake.ending:
                return report, "ended"
            if now >= deadline or now >= self._until:
                return report, "hung"
            identity, out = parsed_start(bytes(process.out[: 2 * LARGEST_PREVIEW]))
            if identity and report.state != "started":
                report = replace(report, state="started", identity=identity, separated=self._separated(report))
                deadline, shown = now + payload.limit, said
            elif now < due:
                continue
            else:
                report = replace(report, out=out[:LARGEST_PREVIEW], err=bytes(process.err[:LARGEST_PREVIEW]))
                shown = said
            told = now
            if self._vo.tell(report):
                return report, "stopped"
        return report, ""

    def _separated(self, report: Report) -> bool:
        return self._mode.separates and not report.bypassed

    def _judged(self, report: Report, code: int | None, reason: str, leftovers: str) -> Report:
        """The last report: a payload that has started has run, whatever its code."""
        started = report.identity is not None
        separated = started and self._separated(report)
        report = replace(report, separated=separated, code=code)
        if reason == "hung":
            why = f"the payload did not {'end' if started else 'start'} in time, so it was ended"
            return replace(report, state="hung", code=None, why=why + leftovers)
        if reason == "ended":
            return replace(report, state="lost", why=f"{self._wake.ending} while the payload ran{leftovers}")
        if started and self._launcher_failed(report):
            return replace(report, state="lost", why=f"the machine of the payload failed while it ran{leftovers}")
        if started:
            apart = "apart from the pilot" if separated else "as the pilot, unseparated"
            asked = " and was stopped as the VO asked" if reason == "stopped" else ""
            return replace(report, state="ended", why=f"the payload ran {apart}{asked}{leftovers}")
        if self._internal(report):
            why = "an internal error kept the payload from starting"
        elif code in REFUSALS:
            why = "the payload was refused and did not start"
        else:
            why = "the payload did not start, nobody knows why; taken as a refusal"
        return replace(report, state="returned", why=why + leftovers)

    def _end(self, process: Process, environment: dict[str, str], folder: Path) -> str:
        """End what still runs of a payload, first kindly; what had to be ended beyond it, in words."""
        for kind in (signal.SIGTERM, signal.SIGKILL):
            if process.code is None:
                self._signal(kind, [-process.group], environment, folder)
                self._turn_until(process, GRACE, lambda: process.code is not None)
        self._turn_until(process, DRAIN, lambda: not process.open)
        ended: set[int] = set()
        for kind in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL):
            left = self._reap(process)
            if not left:
                break
            ended.update(left)
            self._signal(kind, left, environment, folder)
            self._turn_until(process, GRACE, lambda: not self._reap(process))
        left = self._reap(process)
        note = f"; left-over processes were ended: {len(ended)}" if ended else ""
        return note + (f"; some could not be: {left}" if left else "")

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

    def _signal(self, kind: signal.Signals, targets: list[int], environment: dict[str, str], folder: Path) -> None:
        """Send a signal; through the switch, with the user's own proxy, where the targets are another account's."""
        foreign = []
        for target in targets:
            try:
                os.kill(target, kind)
            except ProcessLookupError:
                continue
            except PermissionError:
                foreign.append(str(target))
        if foreign and self._orders.mode == "setuid":
            script = 'kill -s "$0" -- "$@"'
            command = [self._orders.switch, os.path.realpath("/bin/sh"), "-c", script, kind.name[3:], *foreign]
            quiet = {**environment, "GLEXEC_TARGET_PROXY": "/dev/null"}
            with contextlib.suppress(subprocess.TimeoutExpired, OSError):
                done = subprocess.run(command, env=quiet, cwd=folder, timeout=10, capture_output=True, check=False)
                log(f"{kind.name} to {foreign} through the switch: code {done.returncode}")


# --- its words --------------------------------------------------------------------------------------------------------


def log(line: str) -> None:
    """A line for whoever looks after pilots. A reader that is gone is no reason to fail."""
    with contextlib.suppress(OSError):
        os.write(2, f"pilot: {line}\n".encode())


def syslog(place: str, line: str) -> None:
    """A line for the site (facility user, severity notice). Raises `OSError` when nobody takes it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.settimeout(ANSWER_LIMIT)
        site.connect(place)
        site.send(f"<13>pilot[{os.getpid()}]: {line}".encode()[:8192])


def main() -> int:
    """Work until there is nothing left to do; leave nothing behind."""
    wake = Wake()
    try:
        orders = Orders.parse(sys.stdin.buffer.read())
    except OrdersProblem as problem:
        log(str(problem))
        return 2
    adopt_orphans()
    sandbox = Sandbox(orders.proxy)
    try:
        vo = Vo(orders, sandbox.proxy)
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
