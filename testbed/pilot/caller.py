"""A pilot that calls the switch by hand: one call, one credential, every circumstance open to change."""

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence

from testbed.credentials.grid import Grid
from testbed.lab.host import Host
from testbed.lab.record import LOG
from testbed.lab.result import Result
from testbed.model.entry import Entry, folder
from testbed.model.problem import Problem
from testbed.pilot.callers import Call, call_at_once
from testbed.pilot.facts import Facts
from testbed.pilot.probes import probe
from testbed.site.extension import extended
from testbed.site.folder import POLICY
from testbed.site.site import Site

SWITCH = "/usr/sbin/glexec"
LIMIT = 20.0
"""Seconds for one call; usual is a tenth of one."""

_numbers = itertools.count(1)


class Caller:
    """The first pilot account of a worker node with everybody's proxies, as a pilot has them.

    >>> switch.call("/usr/bin/id", "-un", user="bob").text
    'alpha002'
    """

    def __init__(self, node: Host, site: Site, grid: Grid) -> None:
        self._node = node
        self._grid = grid
        self._site = site
        self.account = site.pilot_accounts[0]

    def place(self, user: str, *, mode: int = 0o600) -> str:
        """Put a user's proxy on the node as the pilot keeps it, mode 0600 unless told; its path."""
        home = f"/tmp/pilot-by-hand-{next(_numbers)}"
        uid, gid = self.account.uid, self.account.group.gid
        proxy = Entry(f"{home}/proxy", self._grid.read(self._grid.bearer(user).file), mode, uid, gid)
        self._node.put([folder(home, 0o700, uid, gid), proxy], limit=LIMIT)
        return proxy.path

    def call(
        self,
        *command: str,
        user: str = "alice",
        proxy: str | None = None,
        env: Mapping[str, str] | None = None,
        account: str | None = None,
        stdin: bytes = b"",
        groups: Sequence[int] = (),
    ) -> Result:
        """Call the switch with a user's credential. ``env`` adds to the call's environment or, with "", takes away.

        ``groups`` are supplementary ones of the pilot's, as a batch system gives them to its jobs.
        """
        return self.run(SWITCH, *command, user=user, proxy=proxy, env=env, account=account, stdin=stdin, groups=groups)

    def run(
        self,
        *command: str,
        user: str = "alice",
        proxy: str | None = None,
        env: Mapping[str, str] | None = None,
        account: str | None = None,
        stdin: bytes = b"",
        groups: Sequence[int] = (),
    ) -> Result:
        """Run another program as the pilot, who has a user's credential for the switch: what `call` is for glexec."""
        place = proxy if proxy is not None else self.place(user)
        settings = {"GLEXEC_CLIENT_CERT": place, "HOME": self.account.home} | dict(env or {})
        if groups:
            mine, gids = account or self.account.name, ",".join(map(str, groups))
            gid = self._node.run(["id", "-g", mine], limit=LIMIT).text
            become = ["setpriv", f"--reuid={mine}", f"--regid={gid}", f"--groups={gids}", "--", "env", "-i"]
            words = [f"{name}={value}" for name, value in settings.items() if value]
            return self._node.run([*become, *words, *command], stdin=stdin, limit=LIMIT)
        return self._node.run(
            command,
            user=account or self.account.name,
            env={name: value for name, value in settings.items() if value},
            stdin=stdin,
            limit=LIMIT,
        )

    def call_at_once(self, many: int, users: Sequence[str]) -> list[Call]:
        """So many calls for these users by turns; no payload ends before all have begun."""
        return call_at_once(self._node, [self.account], self._grid, users, many=many)

    def unexecutable(self) -> str:
        """Put a file on the node that has the right to be executed, but nothing that a kernel could; its path."""
        path = f"/tmp/no-program-{next(_numbers)}"
        self._node.put([Entry(path, b"\x7fELF but not really\n", 0o755)], limit=LIMIT)
        return path

    @contextlib.contextmanager
    def configuration(self, text: str) -> Iterator[None]:
        """The switch has another glexec.conf meanwhile, with the owner and mode of the real one."""
        with self._meanwhile("/etc/glexec.conf", text):
            yield

    @contextlib.contextmanager
    def policy(self, *modules: str) -> Iterator[None]:
        """The site's policies go on with these modules meanwhile, each with its options, where they were content."""
        file = self._site.file(POLICY)
        if file is None:
            raise Problem(f"the site {self._site.name} has no {POLICY} to add {modules[0]} to")
        with self._meanwhile(file.path, extended(file.content, *modules).decode()):
            yield

    @contextlib.contextmanager
    def _meanwhile(self, path: str, text: str) -> Iterator[None]:
        self._node.run(["cp", "-p", path, f"{path}.kept"], limit=LIMIT).check()
        try:
            self._node.run(["dd", f"of={path}", "status=none"], stdin=text.encode(), limit=LIMIT).check()
            yield
        finally:
            self._node.run(["mv", f"{path}.kept", path], limit=LIMIT).check()

    def facts(self, user: str = "alice") -> Facts:
        """Who and where a user's payload is, in the words of its kernel."""
        return Facts.parse(self.call("/usr/bin/python3", "-", user=user, stdin=probe("identity")).text)

    def log(self) -> list[str]:
        """The lines of the site's own log."""
        return self._node.run(["cat", LOG], limit=LIMIT).text.splitlines()
