"""The companions beside the real switch of tests/switch, on a node of their own: real accounts, modes and set-id bit.

Only LCMAPS is not there; the scenarios have it. A script stands in for glexec where a test says so.
"""

import importlib.util
import itertools
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

COMPANIONS = Path(__file__).parents[2] / "images" / "worker-node" / "companions"
LIMIT = 30


def _of_the_switch():
    """The fixtures of tests/switch, which lie in a folder beside this one."""
    spec = importlib.util.spec_from_file_location(
        "switch_fixtures", Path(__file__).parents[1] / "switch" / "conftest.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_switch = _of_the_switch()
folder, make, build, furnished, node = (
    getattr(_switch, each) for each in ("folder", "make", "build", "furnished", "node")
)
TOP, ACCOUNTS, ALICE = _switch.TOP, _switch.ACCOUNTS, _switch.ALICE


@dataclass(frozen=True, slots=True)
class Done:
    """How one call ended, in bytes."""

    code: int
    out: bytes
    err: bytes

    @property
    def path(self) -> str:
        """The path that was printed, when all went well."""
        assert (self.code, self.err) == (0, b""), self
        assert self.out.endswith(b"\n")
        return os.fsdecode(self.out[:-1])


@dataclass(slots=True)
class Pilot:
    """The pilot account on the node, with the companions and glexec in one folder."""

    node: object
    sbin: str = f"{TOP}/sbin"
    glexec: str = f"{TOP}/sbin/glexec"
    variables: dict[str, str] = field(
        default_factory=lambda: {
            "GLEXEC_CLIENT_CERT": f"{TOP}/home/pilot01/alice.pem",
            "GLEXEC_LOCATION": TOP,
            "GLEXEC_TARGET_PROXY": "/dev/null",
        }
    )

    def command(
        self, *argv: str | bytes, env: Mapping[str | bytes, str | bytes] | None = None, account: str = "pilot01"
    ) -> list[str | bytes]:
        """The argv that runs a command as an account of the node, with exactly these variables."""
        inside = self.node.command(caller=account, env={})
        variables = (os.fsencode(n) + b"=" + os.fsencode(v) for n, v in (self.variables | dict(env or {})).items())
        return [*inside[:-1], *variables, *argv]

    def run(
        self,
        *argv: str | bytes,
        env: Mapping[str | bytes, str | bytes] | None = None,
        account: str = "pilot01",
        **more: object,
    ) -> Done:
        """Run a command to its end. A value "" takes a variable away from the usual ones."""
        ways = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | more
        done = subprocess.run(self.command(*argv, env=env, account=account), timeout=LIMIT, check=False, **ways)
        return Done(done.returncode, done.stdout or b"", done.stderr or b"")

    def mkgltempdir(self, *arguments: str | bytes, **more: object) -> Done:
        """Call mkgltempdir."""
        return self.run(f"{self.sbin}/mkgltempdir", *arguments, **more)

    def as_target(self, *argv: str) -> Done:
        """Do something as the account that glexec gives."""
        return self.run(self.glexec, *argv)

    def stand_in(self, *lines: str) -> dict[str, str]:
        """A script in the place of glexec; the variables that name it."""
        path = self.node.write("/sbin/stand-in", "\n".join(["#!/bin/sh", *lines, ""]), mode=0o755)
        return {"OSG_GLEXEC_LOCATION": path}


@pytest.fixture
def pilot(node) -> Iterator[Pilot]:
    """The pilot account, with the companions beside glexec. The site's log is read all the time: it holds few lines."""
    for program in COMPANIONS.iterdir():
        node.write(f"/sbin/{program.name}", program.read_bytes(), mode=0o755)
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            select.select([node._log], [], [], 0.1)
            node.heard()

    reader = threading.Thread(target=read)
    reader.start()
    yield Pilot(node)
    over.set()
    reader.join()


_numbers = itertools.count(1)


@pytest.fixture
def base(node) -> Iterator[str]:
    """A fresh private folder of the pilot's."""
    path = f"/home/pilot01/base-{next(_numbers)}"
    node.folder(path, 0o700, *ACCOUNTS["pilot01"])
    yield TOP + path
    node.inside("rm", "-rf", TOP + path)


@pytest.fixture
def look(node) -> Callable[[str], str]:
    """Owner and mode of something on the node: ``50001 700``."""

    def look(path: str) -> str:
        found = node.path(path.removeprefix(TOP)).lstat()
        return f"{found.st_uid} {found.st_mode & 0o7777:o}"

    return look


@pytest.fixture
def content(node) -> Callable[[str], list[str]]:
    """The names in a folder of the node."""
    return lambda path: sorted(each.name for each in node.path(path.removeprefix(TOP)).iterdir())
