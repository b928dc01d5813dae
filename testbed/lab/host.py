"""A machine that commands run on, over ssh: a worker node of a world, in three verbs."""

import dataclasses
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from testbed.lab.result import Result
from testbed.lab.ssh import Connection
from testbed.model.entry import Entry, tar
from testbed.model.problem import Problem

GRACE = 2.0
"""Seconds we wait beyond a command's own limit, for the host to say that it ended it."""


class Host(Protocol):
    """Three verbs, each with a time limit in seconds. `get` gives a tar of what lies under the paths."""

    name: str
    address: str

    def run(
        self,
        command: Sequence[str],
        *,
        limit: float,
        user: str = "root",
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
    ) -> Result: ...

    def put(self, entries: Iterable[Entry], *, limit: float) -> None: ...

    def get(self, *paths: str, without: Sequence[str] = (), limit: float) -> bytes: ...


class SshHost:
    """A host behind one kept-open ssh connection of root's.

    >>> host.run(["id", "-un"], limit=2, user="pilot01").text
    'pilot01'
    """

    def __init__(self, name: str, connection: Connection) -> None:
        self.name = name
        self.address = _address(connection)
        self._connection = connection
        self._groups: dict[str, str] = {}

    def run(
        self,
        command: Sequence[str],
        *,
        limit: float,
        user: str = "root",
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
    ) -> Result:
        """Run a command as an account. When the limit is up the host kills its whole process group as root.

        Without ``env`` the command has the account's ssh environment (root) or an empty one (anybody else).
        """
        # timeout(1) leads a process group of its own and kills all of it: it is root's, so uid switches do not help.
        wrapped = ["timeout", "-s", "KILL", f"{limit:g}"]
        if user != "root":
            wrapped += ["setpriv", f"--reuid={user}", f"--regid={self._group(user)}", "--init-groups", "--"]
        if user != "root" or env:
            settings = [f"{name}={value}" for name, value in (env or {}).items()]
            wrapped += ["env", *(["-i"] if user != "root" else []), *settings]
        # The shell stays behind to say 137: a command ended by a signal has no exit status in ssh.
        line = shlex.join([*wrapped, *command]) + "; exit $?"
        result = self._connection.run(line, stdin=stdin, limit=limit + GRACE)
        killed = result.seconds >= limit and result.code in (None, 124, 137)
        return dataclasses.replace(
            result, command=tuple(command), code=None if killed else result.code, hung=result.hung or killed
        )

    def _group(self, user: str) -> str:
        """The account's primary group, asked once: setpriv wants it named."""
        if user not in self._groups:
            self._groups[user] = self.run(["id", "-g", user], limit=5).text
        return self._groups[user]

    def put(self, entries: Iterable[Entry], *, limit: float) -> None:
        """Lay files and folders over the host's, with their owners and modes."""
        unpack = ["tar", "-x", "-p", "--numeric-owner", "--overwrite", "-C", "/", "-f", "-"]
        self.run(unpack, limit=limit, stdin=tar(entries)).check()

    def get(self, *paths: str, without: Sequence[str] = (), limit: float) -> bytes:
        """A tar of the paths in this order; those that do not exist are left out, and so is what ``without`` names."""
        omitted = shlex.join(f"--exclude={path.lstrip('/')}" for path in without)
        names = shlex.join(path.lstrip("/") for path in paths)
        script = (
            f"cd / && tar -c {omitted} --ignore-failed-read --warning=no-failed-read -f - $(ls -dU {names} 2>/dev/null)"
        )
        result = self.run(["sh", "-c", script], limit=limit)
        if result.hung or result.code not in (0, 1):  # 1: a file changed while it was read
            raise Problem(
                "files cannot be fetched from a host",
                where=f"{self.name}: {' '.join(paths)}",
                found=f"{result.ending} {result.err.decode(errors='replace')}",
            )
        return result.out

    @property
    def alive(self) -> bool:
        """Whether the connection still stands."""
        return self._connection.alive

    def moved(self, connection: Connection) -> None:
        """The host has died, and another of its name answers over this connection."""
        self._connection.close()
        self._connection = connection
        self.address = _address(connection)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def _address(connection: Connection) -> str:
    return connection.peer.partition("@")[2].rpartition(":")[0]
