"""A real VO for the tests of the pilot: its own grid, its HTTPS server, and pilots as processes of this machine."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Identity
from testbed.credentials.proxy import make_proxy
from testbed.credentials.voms import VomsServer
from testbed.lab.result import Result
from testbed.pilot import client
from testbed.pilot.client import Vo
from testbed.pilot.factory import AGENT, Line
from testbed.pilot.home import Home
from testbed.pilot.order import Node
from testbed.pilot.server import Server
from tests.pilot.membership import attributes

MEMBER = ("/alpha/Role=production", "/alpha")
"""The attributes of ``alice-production``; ``alice`` and ``bob`` have none."""
AGENT_HERE = Path(__file__).parents[2] / "testbed" / "node" / "agent"


class LocalLine:
    """A line to this machine: the agent is a process here, hung up on by closing the pipe it writes to."""

    def __init__(self, changes: Mapping[str, object]) -> None:
        self._changes = changes
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()

    def run(self, command: Sequence[str], *, stdin: bytes, limit: float) -> Result:
        """Start the agent of this checkout with the orders, some of them changed."""
        orders = json.dumps({**json.loads(stdin), **self._changes}).encode()
        here = [{AGENT: str(AGENT_HERE), "/usr/bin/python3": sys.executable}.get(word, word) for word in command]
        pipe = subprocess.PIPE
        began = time.monotonic()
        with subprocess.Popen(here, stdin=pipe, stdout=pipe, stderr=pipe) as self._process:
            assert self._process.stdin
            assert self._process.stdout
            assert self._process.stderr
            self._process.stdin.write(orders)
            self._process.stdin.close()
            guard = threading.Timer(limit, self._process.kill)
            guard.start()
            err = self._process.stderr.read()
            code = self._process.wait()
            guard.cancel()
        return Result(tuple(command), code, b"", err, False, time.monotonic() - began)

    def close(self) -> None:
        """Nobody reads the agent's output any more."""
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()

    def signal(self, number: signal.Signals) -> None:
        """Send the agent a signal."""
        assert self._process is not None
        self._process.send_signal(number)


@dataclass
class LocalNode:
    """What a test may change of the orders, and the lines that were asked for."""

    changes: dict[str, object] = field(default_factory=dict)
    lines: list[LocalLine] = field(default_factory=list)

    def reach(self, home: Home, node: Node) -> Line:
        """A new line."""
        self.lines.append(LocalLine(self.changes))
        return self.lines[-1]


@dataclass(frozen=True)
class Side:
    """The VO's side under test."""

    vo: Vo
    node: LocalNode
    port: int
    stranger: bytes
    """The proxy of a user of the same grid of whom the VO knows nothing."""
    ca: bytes
    caller: Callable[[bytes], Vo]
    """A client that shows another proxy."""

    def connection(self) -> client._Connection:
        """One to say things over that the client would not say, as the VO's robot."""
        return client._Connection("127.0.0.1", self.port, self.vo._context, 10)


@dataclass(frozen=True)
class Grid:
    """The people of these tests, and the VO's folder made of them."""

    authority: Authority
    folder: Path
    alpha: VomsServer
    robot: Identity
    people: Mapping[str, Identity]

    def proxy(self, name: str) -> bytes:
        """A proxy that the VO was made with."""
        return (self.folder / "proxies" / f"{name}.pem").read_bytes()


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Grid:
    """The VO's folder with certificates that only this module of tests has seen."""
    folder = tmp_path_factory.mktemp("vo")
    authority = Authority.new()
    robot = authority.person("Robot - pilot factory")
    people = {name: authority.person(f"{name.title()} Tester") for name in ("alice", "bob")}
    host = authority.host("pilot")
    (folder / "certificates").mkdir()
    (folder / "proxies").mkdir()
    (folder / "vomsdir" / "alpha").mkdir(parents=True)
    for name, content in authority.folder().items():
        (folder / "certificates" / name).write_bytes(content)
    alpha = VomsServer.new("alpha", authority)
    (folder / "vomsdir" / "alpha" / f"{alpha.host}.lsc").write_bytes(alpha.lsc)
    robots = make_proxy(robot, attributes=attributes(alpha, robot, ("/alpha/Role=pilot", "/alpha"))).pem
    (folder / "proxies" / "pilot.pem").write_bytes(robots)
    for name, owner in people.items():
        (folder / "proxies" / f"{name}.pem").write_bytes(make_proxy(owner).pem)
    member = make_proxy(people["alice"], attributes=attributes(alpha, people["alice"], MEMBER)).pem
    (folder / "proxies" / "alice-production.pem").write_bytes(member)
    (folder / "hostcert.pem").write_bytes(host.certificate_pem)
    (folder / "hostkey.pem").write_bytes(host.key_pem)
    node = {"name": "here", "address": "127.0.0.1", "port": 22, "account": "nobody"}
    (folder / "vo.json").write_text(json.dumps({"robot_dn": robot.dn, "role": "/alpha/Role=pilot", "node": node}))
    return Grid(authority, folder, alpha, robot, people)


@contextlib.contextmanager
def served(server: Callable[[], Server]) -> Iterator[Server]:
    """A server that runs in a loop of its own."""
    begun: list[Server] = []
    ready, end = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        made = server()
        await made.start()
        begun.append(made)
        ready.set()
        await end.wait()
        await made.stop()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield begun[0]
    finally:
        loops[0].call_soon_threadsafe(end.set)
        thread.join()


@contextlib.contextmanager
def _made(grid: Grid, file: Path) -> Iterator[Side]:
    node = LocalNode({"notes": str(file.with_name("notes.json"))})
    ca = grid.authority.identity.certificate_pem
    home = Home.open(grid.folder)
    with served(lambda: Server(home, "127.0.0.1", 0, node.reach, file=file)) as server:

        def caller(proxy: bytes) -> Vo:
            return Vo("127.0.0.1", proxy=proxy, authorities=ca, port=server.port)

        stranger = make_proxy(grid.authority.person("Mallory Stranger")).pem
        yield Side(caller(grid.proxy("pilot")), node, server.port, stranger, ca, caller)


@pytest.fixture
def side(
    grid: Grid, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Side]:
    """A VO that serves, with pilots that work below a folder of the test's."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with _made(grid, tmp_path_factory.mktemp("queue") / "queue.db") as side:
        yield side


@pytest.fixture(scope="module")
def standing(grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    """A VO that serves a whole module of tests, which send no pilots."""
    with _made(grid, tmp_path_factory.mktemp("queue") / "queue.db") as side:
        yield side


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Whether a process is there and not merely waiting to be collected."""

    def look(pid: int) -> bool:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        return False

    return look


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    """A program made of lines of shell; its path."""

    def make(text: str) -> str:
        path = tmp_path / f"program-{len(list(tmp_path.iterdir()))}"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    return make
