"""Commands on this machine: each with a time limit, and a failure that shows the command's own last lines."""

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from testbed.model.problem import Problem

LAST_LINES = 20
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run(
    argv: Sequence[str],
    *,
    limit: float,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """What the command wrote, errors included, or a `Problem`. It gets no input and ends with us."""
    process = start(argv, environment=environment, folder=folder)
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired as error:
        raise Problem(f"{argv[0]} took longer than {limit:.0f} s", where=shlex.join(argv)) from error
    finally:
        stop(process)
    return finished(argv, process.returncode, output)


def run_to_its_end(argv: Sequence[str], *, limit: float, environment: Mapping[str, str] | None = None) -> str:
    """Like `run`, for what must not be cut short: an interrupt waits until the command has ended."""
    process = start(argv, environment=environment)
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired as error:
        stop(process)
        raise Problem(f"{argv[0]} took longer than {limit:.0f} s", where=shlex.join(argv)) from error
    except KeyboardInterrupt:
        process.communicate(timeout=limit)
        raise
    return finished(argv, process.returncode, output)


def start(
    argv: Sequence[str], *, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> subprocess.Popen[str]:
    """Start it in a session of its own, so that Ctrl-C reaches us alone and we decide what becomes of it."""
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=surroundings(environment),
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        raise Problem(f"{argv[0]} cannot be started", where=shlex.join(argv), cause=str(error)) from error


def stop(process: subprocess.Popen[Any], *, within: float = 10) -> None:
    """End a command and all that it started; what has ended already is fine."""
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(within)
            return


def finished(argv: Sequence[str], code: int, output: str) -> str:
    """The output of a command that ended well, or a `Problem` with its last lines."""
    if code != 0:
        raise Problem(
            f"{argv[0]} failed with exit code {code}",
            where=shlex.join(argv),
            cause=last_lines(output),
            remedy=remedy(output),
        )
    return output


def last_lines(text: str, lines: int = LAST_LINES) -> str:
    """The end of a log, without empty lines and colours."""
    plain = COLOUR.sub("", text)
    return "\n".join([line.rstrip() for line in plain.splitlines() if line.strip()][-lines:])


def remedy(text: str) -> str:
    """What to do about a failure that many commands have in common; empty when it is none of those."""
    if "no space left on device" in text.lower():
        return "make room on the disk (df -h; about 3 GB are needed), then run the same command again"
    return ""


def on_path(program: str) -> bool:
    """Whether a program can be called, the administrators' folders included."""
    return shutil.which(program, path=surroundings()["PATH"]) is not None


def surroundings(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment with the folders of administrators' programs on PATH, and messages in one language."""
    path = os.environ.get("PATH", "/usr/bin:/bin")
    return {**os.environ, "PATH": f"{path}:/usr/local/sbin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", **(more or {})}
