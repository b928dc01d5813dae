"""Whom the VO serves no more: its own list of banned users, which holds whatever a site or a switch says."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testbed.model.problem import Problem
from testbed.pilot.payload import with_types
from testbed.pilot.store import Store


@dataclass(frozen=True, slots=True)
class Ban:
    """One person, by the DN: all credentials of one person are meant."""

    dn: str
    since: float
    """Seconds since 1970."""
    by: str
    why: str = ""

    def __str__(self) -> str:
        return f"banned by the VO{f': {self.why}' if self.why else ''}"

    def json(self) -> dict[str, Any]:
        """As JSON data."""
        return {"dn": self.dn, "since": self.since, "by": self.by, "why": self.why}

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Ban":
        """The ban of JSON data."""
        with_types(data, dn=str, since=float, by=str, why=str)
        return cls(data["dn"], data["since"], data["by"], data["why"])


class Bans:
    """The list, in the queue's own file. Whoever writes does so inside of `Store.change`."""

    def __init__(self, store: Store) -> None:
        self._run = store.connection.execute

    def find(self, dn: str) -> Ban | None:
        """The ban of a person, if there is one."""
        row = self._run("SELECT * FROM bans WHERE dn = ?", (dn,)).fetchone()
        return _ban(row) if row else None

    def list(self) -> Sequence[Ban]:
        """All of them, oldest first."""
        return [_ban(row) for row in self._run("SELECT * FROM bans ORDER BY since, dn").fetchall()]

    def write(self, ban: Ban) -> None:
        """One more; of somebody who is banned already the first one stays."""
        self._run("INSERT OR IGNORE INTO bans VALUES (?, ?, ?, ?)", (ban.dn, ban.since, ban.by, ban.why))

    def remove(self, dn: str) -> None:
        """Take one back. A `Problem` where there is none."""
        if not self._run("DELETE FROM bans WHERE dn = ?", (dn,)).rowcount:
            raise Problem("nobody of this name is banned", found=dn, remedy="testbed queue bans")


def _ban(row: sqlite3.Row) -> Ban:
    return Ban(row["dn"], row["since"], row["by"], row["why"])
