"""A pilot that calls the switch by hand: one call, one credential, every circumstance open to change."""

import functools
import itertools
import secrets
from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

from testbed.credentials.grid import Grid
from testbed.credentials.zoo import Zoo
from testbed.lab.host import Host
from testbed.lab.record import Record, records
from testbed.lab.result import Result
from testbed.lab.wait import eventually
from testbed.model.consequence import SERVICES
from testbed.model.effect import Effect, Recorded, ran
from testbed.model.entry import Entry, folder
from testbed.model.mode import Installation
from testbed.model.person import long_form
from testbed.pilot.answer import Answer
from testbed.pilot.callers import Call, call_at_once
from testbed.pilot.facts import Facts
from testbed.pilot.node_files import LIMIT, NodeFiles
from testbed.pilot.probes import probe
from testbed.pilot.witness import Witness, escaped
from testbed.site.layout import SWITCH
from testbed.site.pool import Pool
from testbed.site.site import Site

PILOT = "pilot"
"""Whose proxy is the pilot's own."""

_EACH = 'while [ $# -gt 0 ]; do sh -c "$1" sh "$2" "$3" || exit; shift 3; done'
_RUN = secrets.token_hex(4)
"""The demo's node, which nobody resets, has the files of other runs as well."""
_numbers = itertools.count(1)


class How(TypedDict, total=False):
    """What one call may have otherwise than a usual one of the pilot's for Alice."""

    user: str
    """Whose credential."""
    proxy: str | None
    """A file on the node in its place."""
    env: Mapping[str, str]
    """Added to the environment or, with "", taken away."""
    account: str
    """Who calls in the pilot's place."""
    groups: Sequence[int]
    """Supplementary ones of the pilot's, as a batch system gives them to its jobs."""
    stdin: bytes
    limit: float
    """Seconds."""


class Caller(NodeFiles):
    """The first pilot account of a worker node with everybody's proxies, as a pilot has them.

    >>> switch.call("/usr/bin/id", "-un", user="bob").text
    'alpha002'
    >>> assert switch.tries(then="exit 17") == switch.runs(then="exit 17", end="exit 17")
    >>> assert switch.tries(user="dave") == refused(203, "denied", "not-mapped")
    """

    def __init__(self, node: Host, site: Site, grid: Grid) -> None:
        super().__init__(node, site)
        self._grid = grid
        self._placed: dict[str, str] = {}
        self._called = False
        self.account = site.pilot_accounts[0]

    @functools.cached_property
    def witness(self) -> Witness:
        """Who sees what calls really come to."""
        return Witness(self.node, self._site, earlier=self._called)

    @functools.cached_property
    def zoo(self) -> Zoo:
        """Credentials that something is wrong with."""
        return Zoo.of(self._grid)

    def place(self, what: str | bytes, *, mode: int = 0o600) -> str:
        """Put a user's proxy, or any bytes, on the node as the pilot keeps it, mode 0600 unless told; its path."""
        return self.places({"": what}, mode=mode)[""]

    def places(self, what: Mapping[str, str | bytes], *, mode: int = 0o600) -> dict[str, str]:
        """As `place`, many at once: their paths by their names."""
        uid, gid = self.account.uid, self.account.group.gid
        entries, paths = [], {}
        for name, each in what.items():
            home = f"/tmp/pilot-by-hand-{_RUN}-{next(_numbers)}"
            content = self._grid.read(self._grid.bearer(each).file) if isinstance(each, str) else each
            paths[name] = f"{home}/proxy"
            entries += [folder(home, 0o700, uid, gid), Entry(paths[name], content, mode, uid, gid)]
        self.node.put(entries, limit=LIMIT)
        return paths

    def placed(self, user: str) -> str:
        """The path of a user's proxy on the node, put there once."""
        if user not in self._placed:
            self._placed[user] = self.place(user)
        return self._placed[user]

    def _placed_at_once(self, user: str) -> str:
        """As `placed`, and in one go the pilot's own where a call shows that as well."""
        names = (user, PILOT) if self._site.authority in SERVICES else (user,)
        if missing := {name: name for name in names if name not in self._placed}:
            self._placed |= self.places(missing)
        return self._placed[user]

    def made(self, script: str) -> str:
        """The path ``$2`` at which a shell, as root, has made something of Alice's good proxy, ``$1``."""
        return self.makes({"": script})[""]

    def makes(self, scripts: Mapping[str, str]) -> dict[str, str]:
        """As `made`, many at once, each of a good proxy of its own: the paths by their names."""
        good = self.places(dict.fromkeys(scripts, "alice"))
        made = {name: path.replace("/proxy", "/made") for name, path in good.items()}
        words = [word for name, script in scripts.items() for word in (script, good[name], made[name])]
        self.node.run(["sh", "-c", _EACH, "sh", *words], limit=LIMIT).check()
        return made

    def call(self, *command: str, before: Sequence[str] = (), **how: Unpack[How]) -> Answer:
        """Call the switch. ``before`` is a program that runs it: with its own arguments, just as it would be called."""
        return Answer.of(self.run(*before, SWITCH, *command, **how))

    def run(self, *command: str, **how: Unpack[How]) -> Result:
        """Run another program as the pilot, who has a user's credential for the switch: what `call` is for glexec."""
        self._called = True
        proxy, account, groups = how.get("proxy"), how.get("account", self.account.name), how.get("groups", ())
        place = proxy if proxy is not None else self.place(how.get("user", "alice"))
        settings = {"GLEXEC_CLIENT_CERT": place, "HOME": self.account.home} | self._own() | dict(how.get("env", {}))
        if groups:
            command, account = (*self.become(f"--groups={','.join(map(str, groups))}"), *command), "root"
        return self.node.run(
            command,
            user=account,
            env={name: value for name, value in settings.items() if value},
            stdin=how.get("stdin", b""),
            limit=how.get("limit", LIMIT),
        )

    def _own(self) -> dict[str, str]:
        """The pilot's own proxy in its environment, where the site's authority is shown it."""
        return {"X509_USER_PROXY": self.placed(PILOT)} if self._site.authority in SERVICES else {}

    def become(self, *options: str) -> list[str]:
        """Words with which root becomes the pilot, and keeps what the options of setpriv say, before a command."""
        who = [f"--reuid={self.account.uid}", f"--regid={self.account.group.gid}"]
        return ["setpriv", *who, *(options or ["--clear-groups"]), "--"]

    def drives(self, script: str, user: str = "alice") -> str:
        """Run a Python script of the pilot's own, which calls the switch as it likes; what it prints."""
        return Answer.of(self.run("/usr/bin/python3", "-c", script, user=user)).text

    def alive(self, pid: str) -> bool:
        """Whether a process runs on the node."""
        look = ["sh", "-c", 'grep -q "^State:[[:space:]]*[^ZX]" "/proc/$1/status" 2>/dev/null', "sh", pid.strip()]
        return self.node.run(look, limit=LIMIT).code == 0

    def eventually(self, part: str) -> list[str]:
        """The lines of the site's log, as soon as one of them has this in it."""
        lines: list[str] = []

        def look() -> bool:
            lines[:] = self.log()
            return any(part in line for line in lines)

        if not eventually(look, within=LIMIT):
            raise AssertionError(f"the site's log never said {part!r}")
        return lines

    def call_at_once(self, many: int, users: Sequence[str]) -> list[Call]:
        """So many calls for these users by turns; no payload ends before all have begun."""
        pilot = PILOT if self._site.authority in SERVICES else ""
        return call_at_once(self.node, [self.account], self._grid, users, many=many, pilot=pilot)

    def tries(self, *command: str, then: str = "", before: Sequence[str] = (), **how: Unpack[How]) -> Effect:
        """Call the switch and see all that comes of it. The payload is the witness, unless told; see `call`."""
        witness = self.witness  # there before the call, to know what was in the log
        if how.get("proxy") is None:
            how["proxy"] = self._placed_at_once(how.get("user", "alice"))
        return witness.effect(self.call(*(command or witness.command(then)), before=before, **how))

    def runs(
        self,
        *command: str,
        then: str = "",
        user: str = "alice",
        account: str | None = None,
        code: int | None = None,
        end: str = "exit 0",
    ) -> Effect:
        """The effect when a user's payload runs: as any account of its pool or, log-only, as the caller; and recorded.

        ``code`` is the switch's, where it is not that of the payload's ``end``.
        """
        bearer = self._grid.bearer(user)
        caller = account or self.account.name
        who = f".{self._site.pool_of(bearer.fqans, bearer.dn)}" if self.separates else caller
        shown = escaped(command or self.witness.command(then))
        status = int(end.rpartition(" ")[2] or 0) + (128 if end.startswith("signal") else 0)
        return ran(status if code is None else code, who, Recorded(caller, who, bearer.dn, shown, end))

    @property
    def separates(self) -> bool:
        """Whether payloads run as other accounts than the caller."""
        return self._site.installation is Installation.SETUID

    def pool(self, user: str = "alice") -> Pool:
        """The accounts of a user's VO and role; where the site's files name no pool, those of the VO."""
        bearer = self._grid.bearer(user)
        prefix = self._site.pool_of(bearer.fqans, bearer.dn)
        named = [pool for pool in self._site.pools if pool.prefix == prefix]
        return (named or [pool for pool in self._site.pools if pool.vo == bearer.vo])[0]

    def fqans(self, user: str) -> tuple[str, ...]:
        """The VOMS attributes in a user's proxy, in full."""
        return tuple(long_form(fqan) for fqan in self._grid.bearer(user).fqans)

    def unexecutable(self) -> str:
        """Put a file on the node that has the right to be executed, but nothing that a kernel could; its path."""
        path = f"/tmp/no-program-{next(_numbers)}"
        self.node.put([Entry(path, b"\x7fELF but not really\n", 0o755)], limit=LIMIT)
        return path

    def facts(self, user: str = "alice", before: Sequence[str] = ()) -> Facts:
        """Who and where a user's payload is, in the words of its kernel."""
        result = self.call("/usr/bin/python3", "-", user=user, stdin=probe("identity"), before=before)
        return Facts.parse(result.text)

    def records(self, due: int = 0) -> list[Record]:
        """Every run that the site's log tells of, once so many are there from start to end."""
        return records(self.node, due)
