"""What tests of the command share: the command itself, as a reader would start it."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
"""Whoever asks an engine for anything is told that there is none."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, how it ended, and what that cost."""

    code: int
    out: str
    err: str
    work: float
    """Seconds of processor time: what a reader waits on a machine that is not busy with anything else."""


Command = Callable[..., Said]


@pytest.fixture
def testbed(tmp_path: Path) -> Command:
    """Run the command `testbed` from an empty folder, without an engine unless told."""

    def run(*words: str, **environment: str) -> Said:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "testbed", *words],
            cwd=tmp_path,
            env={**os.environ, **(environment or NO_ENGINE)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        assert "Traceback" not in done.stdout + done.stderr
        return Said(done.returncode, done.stdout, done.stderr, work)

    return run
