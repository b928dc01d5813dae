"""What clients stand on at a worker node: a folder each, with their proxies; and what their payloads leave there."""

import itertools
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from testbed.credentials.grid import Grid
from testbed.lab.host import Host
from testbed.lab.layout import NODE
from testbed.lab.result import Result
from testbed.model.entry import Entry, folder
from testbed.pilot.witness import WITNESS
from testbed.site.layout import SWITCH
from testbed.site.site import Site

MESSAGES = "/var/log/messages"
"""Everything that anybody told the node's log: the switch its records, a client its by-passes."""
LIMIT = 30.0
PATIENCE = 20.0
"""Seconds for one call of a client that would wait for longer, or for ever: no scenario can."""

_PROBE = b"#!/bin/sh\nid && hostname && date && ls -l ${X509_USER_PROXY:-/dev/null} && echo 'Hello World'\n"
"""DIRAC's and glideinWMS' test scripts ask for about this; dirac-proxy-info is not to be had here."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Place:
    """One client's folder on the node; ``then`` is what the payload does after it has left its mark."""

    path: str
    then: str = ""

    @property
    def payload_proxy(self) -> str:
        """The payload owner's, for the pilot's eyes only."""
        return f"{self.path}/own/payload_proxy"

    @property
    def pilot_proxy(self) -> str:
        """The pilot's own."""
        return f"{self.path}/own/pilot_proxy"

    @property
    def work(self) -> str:
        """Where whoever the payload runs as may make files: mode 1777."""
        return f"{self.path}/work"

    @property
    def marks(self) -> str:
        """Where the payload leaves its mark, and the word by which logs name just this client's payload."""
        return f"{self.path}/marks"

    @property
    def script(self) -> str:
        """A client's test script, readable for all."""
        return f"{self.path}/probe.sh"

    @property
    def payload(self) -> tuple[str, ...]:
        """The payload's command: the witness."""
        return (WITNESS, self.marks, *([self.then] if self.then else []))

    def entries(self, uid: int, gid: int, payload_proxy: bytes, pilot_proxy: bytes, mode: int) -> list[Entry]:
        """All of it, for a pilot with this uid."""
        return [
            folder(self.path, 0o711, uid, gid),
            folder(f"{self.path}/own", 0o700, uid, gid),
            Entry(self.payload_proxy, payload_proxy, mode, uid, gid),
            Entry(self.pilot_proxy, pilot_proxy, 0o600, uid, gid),
            folder(self.work, 0o1777, uid, gid),
            folder(self.marks, 0o1777, uid, gid),
            Entry(self.script, _PROBE, 0o755, uid, gid),
        ]


@dataclass(frozen=True, slots=True)
class Traces:
    """What the node says of one client's payload when all is over."""

    ran_as: tuple[str, ...]
    """Whose each mark is."""
    switched: bool
    """Whether the switch recorded a run of it."""
    recorded: bool
    """Whether the node's log knows of it at all."""


class Ground:
    """A worker node with a place for each client. What is in its log already is nobody's concern."""

    def __init__(
        self,
        node: Host,
        site: Site,
        grid: Grid,
        names: Iterable[str],
        *,
        user: str = "alice",
        then: str = "",
        patience: float = PATIENCE,
        inherited: Mapping[str, str] | None = None,
        proxy_mode: int = 0o600,
        top: str = "/tmp",
    ) -> None:
        """``inherited`` are variables that clients find set, ``proxy_mode`` is that of the payload's proxy."""
        self.node, self.site, self.grid, self.patience = node, site, grid, patience
        self.inherited = inherited or {}
        self.account = site.pilot_accounts[0]
        self.owner, self.pilot = grid.bearer(user), grid.bearer("pilot")
        self._root = f"{top}/replay-{next(_numbers)}"
        self.places = {name: Place(f"{self._root}/{name}", then) for name in names}
        proxies = grid.read(self.owner.file), grid.read(self.pilot.file)
        uid, gid = self.account.uid, self.account.group.gid
        entries = [entry for place in self.places.values() for entry in place.entries(uid, gid, *proxies, proxy_mode)]
        node.put([folder(self._root), folder(f"{self._root}/.nothing"), *entries], limit=LIMIT)
        self.found = node.run(["test", "-e", SWITCH], limit=LIMIT).code == 0
        self._seen = node.run(["stat", "-c", "%s", MESSAGES], limit=LIMIT).out.decode().strip() or "0"

    def run(self, command: Sequence[str], env: Mapping[str, str], limit: float = LIMIT, stdin: bytes = b"") -> Result:
        """Run a command as the pilot, with these variables and no others."""
        settings = {"HOME": self.account.home, "PATH": "/usr/bin:/bin:/usr/sbin"} | dict(env)
        given = {name: value for name, value in settings.items() if value}
        return self.node.run(command, user=self.account.name, env=given, limit=limit, stdin=stdin)

    def traces(self) -> dict[str, Traces]:
        """Of every client's payload, in the words of the node's kernel and of its log."""
        look = f"find {self._root} -path '*/marks/*' -type f -printf '%U %h\\n'"
        found = self.node.run(["sh", "-c", look], limit=LIMIT).text.splitlines()
        word = f"all clients have come to an end, {next(_numbers)}"
        tail = ["dash", f"{NODE}/aftermath.sh", MESSAGES, self._seen, f"{self._root}/.nothing", word]
        log = self.node.run(tail, limit=LIMIT).check().out.decode(errors="replace").splitlines()
        seen = {}
        for name, place in self.places.items():
            told = [line for line in log if place.marks in line]
            seen[name] = Traces(
                tuple(self._who(int(line.split()[0])) for line in found if line.split()[1] == place.marks),
                any("->mapped_user(" in line for line in told),
                bool(told),
            )
        return seen

    def log_of(self, name: str) -> str:
        """How a by-pass of this client's payload is told to the node's log."""
        return shlex.join(self.places[name].payload)

    def _who(self, uid: int) -> str:
        if uid == self.account.uid:
            return "pilot"
        pools = [pool.prefix for pool in self.site.pools for account in pool.accounts if account.uid == uid]
        return f"pool {pools[0]}" if pools else "root" if uid == 0 else f"uid {uid}"
