"""A real VO for the tests of the pilot: its own grid, its HTTPS server, and pilots as processes of this machine."""

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
from testbed.credentials.proxy import make_proxy
from testbed.lab.result import Result
from testbed.pilot.client import Vo
from testbed.pilot.factory import AGENT, Line
from testbed.pilot.home import Home
from testbed.pilot.order import Node
from testbed.pilot.server import Server

AGENT_HERE = Path(__file__).parents[2] / "testbed" / "node" / "agent.py"


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
    """The proxy of a user of the same grid, who is not the VO's robot."""
    ca: bytes
    caller: Callable[[bytes], Vo]
    """A client that shows another proxy."""


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Path]:
    """The VO's folder with certificates that only this module of tests has seen."""
    folder = tmp_path_factory.mktemp("vo")
    authority = Authority.new()
    robot = authority.person("Robot - pilot factory")
    people = {name: authority.person(f"{name.title()} Tester") for name in ("alice", "bob")}
    host = authority.host("pilot")
    (folder / "certificates").mkdir()
    (folder / "proxies").mkdir()
    for name, content in authority.folder().items():
        (folder / "certificates" / name).write_bytes(content)
    for name, owner in {**people, "pilot": robot}.items():
        (folder / "proxies" / f"{name}.pem").write_bytes(make_proxy(owner).pem)
    (folder / "hostcert.pem").write_bytes(host.certificate_pem)
    (folder / "hostkey.pem").write_bytes(host.key_pem)
    node = {"name": "here", "address": "127.0.0.1", "port": 22, "account": "nobody"}
    (folder / "vo.json").write_text(json.dumps({"robot_dn": robot.dn, "node": node}))
    return authority, folder


@pytest.fixture
def side(grid: tuple[Authority, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    """A VO that serves, with pilots that work below a folder of the test's."""
    authority, folder = grid
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    node = LocalNode()
    server = Server(Home.open(folder), "127.0.0.1", 0, node.reach)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    ca = authority.identity.certificate_pem

    def caller(proxy: bytes) -> Vo:
        return Vo("127.0.0.1", proxy=proxy, authorities=ca, port=server.server_port)

    try:
        robot, stranger = ((folder / "proxies" / f"{name}.pem").read_bytes() for name in ("pilot", "alice"))
        yield Side(caller(robot), node, server.server_port, stranger, ca, caller)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def alive() -> Iterator[Callable[[int], bool]]:
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
