#!/usr/bin/env python3
"""Many light pilots in one process: ``crowd.py < PLAN``, on a worker node, as the pilot account; standard library only.

Each has a connection of its own to the VO, on which it shows the pilot's proxy, asks for work, calls the switch for the
payload that it gets, and reports. All begin within a second. The plan is one JSON object:

    pilots, within               how many; seconds in which they begin
    vo: {name, address, port}    where the VO answers, and the name that its certificate must show
    ca, proxy                    PEM: the authorities to believe, the pilots' own proxy
    mode, slot                   what they offer
    switch, at_once              the path of glexec; how many calls of it may run at a time
    limit                        seconds for all of it, and until a payload has to have started

A pilot whose switch has an internal error (202, or 203 because nobody decided) calls it again, four times at the most,
and gives the payload back then. A VO that gives no answer is asked the same again for half a minute. Prints what became
of each payload as JSON.
"""

import asyncio
import base64
import contextlib
import json
import os
import re
import ssl
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

START = re.compile(rb"started (\d{1,10}) (\S*) \S*\n")
WRAPPER = (
    "read -r host </proc/sys/kernel/hostname; "
    'printf "started %s %s %s\\n" "$(/usr/bin/id -u)" "$(/usr/bin/id -un)" "$host"; exec "$@"'
)
"""The start handshake, as the pilot job has it."""
UNDECIDED = re.compile(rb"^\[gLExec\]: cause class=(unavailable|undecided) ", re.MULTILINE)
INTERNAL, REFUSED = 202, 203
CALLS = 5
"""How often the switch is called for a payload; the pause before the next call grows by `PAUSE`."""
PAUSE = 0.5
PATIENCE = 30.0
"""Seconds for which a VO without an answer is asked again."""
ANSWER_LIMIT = 20.0
LARGEST_STREAM = 1 << 20
"""Bytes of each output of a payload's that are kept, as the pilot job has it."""

Answer = dict[str, Any]


@dataclass
class Plan:
    """What the crowd is told."""

    pilots: int
    within: float
    vo: Answer
    ca: str
    proxy: str
    mode: str
    slot: str
    switch: str
    at_once: int
    limit: float


@dataclass
class Crowd:
    """What all pilots share."""

    plan: Plan
    folder: Path
    context: ssl.SSLContext
    began: float = field(default_factory=time.monotonic)
    busy: int = 0
    """How many have a payload."""
    back: int = 0
    """How many payloads are the VO's again, after one of us had them."""
    told: list[Answer] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)
    """When each pilot made its first call to the VO, in seconds since the crowd began; and when that was answered."""
    heard: list[float] = field(default_factory=list)

    def now(self) -> float:
        """Seconds since the crowd began."""
        return time.monotonic() - self.began

    def __post_init__(self) -> None:
        self.hands = asyncio.Semaphore(self.plan.at_once)
        self.news = asyncio.Condition()

    def keep(self, name: str, proxy: str) -> Path:
        """A proxy in a file that nobody else can open."""
        path = self.folder / f"{name}.pem"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(proxy)
        return path


class Vo:
    """A kept-open connection to the VO; a new one, and the same question again, when it breaks."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.again = 0

    async def ask(self, path: str, body: Answer) -> Answer:
        """The answer, whatever it is. Raises `OSError` when there is none for too long."""
        until, pause = time.monotonic() + PATIENCE, 0.1
        while True:
            try:
                async with asyncio.timeout(ANSWER_LIMIT):
                    return await self._ask(path, json.dumps(body).encode())
            except (OSError, EOFError, ValueError, TimeoutError) as error:
                self.close()
                if time.monotonic() >= until:
                    raise OSError(f"the VO gives no answer: {error!r}") from error
            self.again += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, 1.0)

    async def _ask(self, path: str, body: bytes) -> Answer:
        reader, writer = self._streams or await self._connect()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: vo\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        status = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", status, re.IGNORECASE)
        if length is None:
            raise ValueError("an answer without a length")
        answer: Answer = json.loads(await reader.readexactly(int(length[1])))
        return answer

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        where = self._crowd.plan.vo
        self._streams = await asyncio.open_connection(
            where["address"], where["port"], ssl=self._crowd.context, server_hostname=where["name"]
        )
        return self._streams

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


class Pilot:
    """One of them."""

    def __init__(self, crowd: Crowd, number: int) -> None:
        self._crowd = crowd
        self._name = f"light-{number}"
        self._vo = Vo(crowd)
        self._asked = 0

    async def work(self) -> None:
        """Run payloads until there are none, and nobody has one that may come back."""
        crowd = self._crowd
        crowd.begun.append(crowd.now())
        try:
            while True:
                back = crowd.back
                self._asked += 1
                offer = {"mode": crowd.plan.mode, "slot": crowd.plan.slot, "start_limit": crowd.plan.limit}
                asked = {"pilot": self._name, "request": str(self._asked), "offer": offer}
                payload = (await self._vo.ask("/next", asked)).get("payload")
                if self._asked == 1:
                    crowd.heard.append(crowd.now())
                if payload:
                    await self._have(payload)
                    continue
                async with crowd.news:
                    while crowd.busy and crowd.back == back:
                        await crowd.news.wait()
                if crowd.back == back:
                    return
        finally:
            self._vo.close()

    async def _have(self, payload: Answer) -> None:
        """Handle a payload; who waits hears when nobody has one, or when there is one again."""
        crowd, back = self._crowd, False
        crowd.busy += 1
        try:
            back = await self._handle(payload)
        finally:
            crowd.busy -= 1
            crowd.back += back
            if back or not crowd.busy:
                async with crowd.news:
                    crowd.news.notify_all()

    async def _handle(self, payload: Answer) -> bool:
        """Call the switch for a payload, again after an internal error, say what came of it; whether it is back."""
        proxy = self._crowd.keep(f"{self._name}-{payload['id']}", payload["proxy"])
        told: Answer = {"pilot": self._name, "payload": payload["id"], "user": payload["user"], "internal": 0}
        try:
            for call in range(1, CALLS + 1):
                async with self._crowd.hands:
                    report = await self._call(payload, proxy, told)
                if not report.pop("internal"):
                    break
                told["internal"] += 1
                await asyncio.sleep(PAUSE * call)
        finally:
            proxy.unlink()
        answer = await self._report(payload, report)
        told |= {"state": report["state"], "code": report["code"], "again": self._vo.again}
        told |= {"late": "problem" in answer}
        self._crowd.told.append(told)
        return report["state"] == "returned" or bool(told["late"])

    async def _call(self, payload: Answer, proxy: Path, told: Answer) -> Answer:
        """One call of the switch: the last report of it, and whether it was an internal error."""
        began = time.monotonic()
        environment = {
            "HOME": "/",
            "PATH": "/usr/bin:/bin",
            "X509_USER_PROXY": str(self._crowd.folder / "pilot.pem"),
            "GLEXEC_CLIENT_CERT": str(proxy),
            "GLEXEC_SOURCE_PROXY": str(proxy),
            "GLEXEC_ID": payload["id"],
        }
        command = [self._crowd.plan.switch, "/usr/bin/dash", "-c", WRAPPER, "payload", *payload["argv"]]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environment, cwd="/"
        )
        assert process.stdout is not None
        assert process.stderr is not None
        first = await first_line(process.stdout)
        who = START.fullmatch(first)
        identity = {"uid": int(who[1]), "user": who[2].decode(), "host": ""} if who else None
        if identity:
            told |= {"start": time.monotonic() - self._crowd.began, "call": time.monotonic() - began}
            await self._report(payload, {"state": "started", "identity": identity})
        said, err = await asyncio.gather(rest(process.stdout), rest(process.stderr))
        out = said if identity else (first + said)[:LARGEST_STREAM]
        code = await process.wait()
        internal = code == INTERNAL or (code == REFUSED and UNDECIDED.search(err) is not None)
        state = "ended" if identity else "returned"
        why = "the payload ran" if identity else "the switch ran nothing"
        report = {"state": state, "code": code, "identity": identity, "out": out, "err": err, "why": why}
        return {**report, "internal": internal and not identity}

    async def _report(self, payload: Answer, report: Answer) -> Answer:
        usual = {"code": None, "separated": False, "bypassed": False, "why": "", "out": b"", "err": b""}
        full = {**usual, **report, "payload": payload["id"], "pilot": self._name}
        full["separated"] = bool(full["identity"]) and self._crowd.plan.mode == "setuid"
        for stream in ("out", "err"):
            full[stream] = base64.b64encode(full[stream]).decode()
        return await self._vo.ask("/reports", full)


async def first_line(stream: asyncio.StreamReader) -> bytes:
    """A stream up to the end of its first line, or the beginning of one that is too long to be a start handshake."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError as error:
        return await stream.readexactly(error.consumed)


async def rest(stream: asyncio.StreamReader) -> bytes:
    """A stream to its end; of a long one the beginning is kept."""
    kept = bytearray()
    while data := await stream.read(1 << 16):
        kept += data[: LARGEST_STREAM - len(kept)]
    return bytes(kept)


async def together(plan: Plan, folder: Path) -> Answer:
    """Let all of them work; what came of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST  # not strict, as the pilot job
    context.load_verify_locations(cadata=plan.ca)
    crowd = Crowd(plan, folder, context)
    context.load_cert_chain(crowd.keep("pilot", plan.proxy))

    async def one(number: int) -> str:
        await asyncio.sleep(plan.within * number / plan.pilots)
        try:
            await Pilot(crowd, number).work()
        except OSError as error:
            return str(error)
        return ""

    async with asyncio.timeout(plan.limit):
        ends = await asyncio.gather(*(one(number) for number in range(plan.pilots)))
    seconds = time.monotonic() - crowd.began
    gave_up = [end for end in ends if end]
    return {"calls": crowd.told, "gave_up": gave_up, "seconds": seconds, "begun": crowd.begun, "heard": crowd.heard}


def main() -> None:
    """Read the plan, print the result, leave nothing behind."""
    plan = Plan(**json.load(sys.stdin))
    with tempfile.TemporaryDirectory(prefix="crowd-") as folder, contextlib.suppress(BrokenPipeError):
        print(json.dumps(asyncio.run(together(plan, Path(folder)))))


if __name__ == "__main__":
    main()
