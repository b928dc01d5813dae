"""Probes as real processes of this machine, of this account or of one that owns nothing."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from testbed.lab.result import Result
from testbed.pilot.probes import probe
from testbed.pilot.stages.beside import THIEF
from testbed.pilot.stages.bystander import VICTIM

PYTHON = "/usr/bin/python3"
"""The system's own, as on a worker node: every account may run it."""
TOKEN = "a-secret-of-bobs"
NOBODY, SOMEBODY = 65534, 65533
"""Accounts that own nothing."""


def run(
    name: str,
    *arguments: str,
    user: int | None = None,
    parts: Sequence[str] = (),
    careless: Mapping[str, str] | None = None,
    told: object = None,
) -> Any:
    """What a probe says, run as a payload runs: from its standard input, in a clean environment.

    ``careless``: with this environment instead, and with what is open and may be inherited.
    """
    done = subprocess.run(
        [PYTHON, "-", *arguments],
        input=probe(name, *parts, told=told),
        capture_output=True,
        timeout=20,
        env=careless or {},
        user=user,
        group=user,
        extra_groups=None if user is None else (),
        close_fds=careless is None,
        check=True,
    )
    return json.loads(done.stdout)


def thefts(targets: Mapping[Any, Mapping[str, object]], user: int | None = None) -> dict[str, dict[str, str]]:
    """What each attempt came to."""
    found: dict[str, dict[str, str]] = run("thief", json.dumps(targets), user=user, parts=THIEF)
    return found


def steal(target: Mapping[str, object], user: int | None = None) -> tuple[str, str]:
    """One attempt, and the error that the kernel gave."""
    found = thefts({"it": target}, user)["it"]
    return found["attempt"], found["errno"]


class Bob:
    """A victim that runs."""

    def __init__(self, folder: Path, limit: str = "20", user: int | None = None) -> None:
        with tempfile.TemporaryFile() as source:
            source.write(probe("victim", *VICTIM))
            source.seek(0)
            self.process = subprocess.Popen(
                [PYTHON, "-", TOKEN, limit],
                stdin=source,
                stdout=subprocess.PIPE,
                env={"HOME": str(folder)},
                user=user,
                group=user,
                extra_groups=None if user is None else (),
            )
        assert self.process.stdout
        self.said = json.loads(self.process.stdout.readline())

    def last_words(self) -> list[dict[str, Any]]:
        """Everything that he says until he has ended."""
        out, _ = self.process.communicate(timeout=10)
        return [json.loads(line) for line in out.splitlines()]

    def end(self) -> None:
        """Have him take away what he made, which lasts longer than he does; kill him if he does not."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate(timeout=10)
            raise


class Here:
    """This machine as a host. A user is the number of one, and a name only where root is meant."""

    name = address = "here"

    def run(
        self,
        command: Sequence[str],
        *,
        limit: float,
        user: str = "root",
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
    ) -> Result:
        """Run a command to its end."""
        number = int(user) if user.isdigit() and os.geteuid() == 0 else None
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            timeout=limit,
            check=False,
            env=env,
            user=number,
            group=number,
            extra_groups=None if number is None else (),
        )
        return Result(tuple(command), done.returncode, done.stdout, done.stderr)

    def put(self, entries: object, *, limit: float) -> None:
        """Nothing is laid over this machine."""
        raise NotImplementedError

    def get(self, *paths: str, without: Sequence[str] = (), limit: float) -> bytes:
        """Nothing is fetched from it."""
        raise NotImplementedError
