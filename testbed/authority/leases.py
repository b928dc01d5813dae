"""Pool accounts on lease: hard links in a gridmapdir, as Argus and LCMAPS make them, so that all can share one.

An account is an empty file of its name, a lease a second name of that file: the user's, encoded. One link is a free
account, two are a leased one, more are neither. Source: GridMapDirPoolAccountManager.java of argus-pep-server, and
Argus' documentation of its obligation handlers.
"""

import fcntl
import os
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path

from testbed.authority.dn import parts

ROUNDS = 10
"""How often a race for an account that another process wants too is tried again."""
PAUSE = (0.01, 0.1)
"""Seconds between two such tries, at random, so that one of both is first the next time."""
KNOWN = 10000
"""How many leases are remembered, so that not every account has to be looked at; what is remembered is checked."""

_ACCOUNT = re.compile(r"([A-Za-z][A-Za-z0-9._-]*?)[0-9]+")


class PoolExhausted(Exception):
    """No account of the pool is free: which pool."""


class Corrupt(Exception):
    """A lease that cannot be what it says: why."""


def lease_name(dn: str, groups: Sequence[str] = ()) -> str:
    """The file name of a lease: the DN in OpenSSL's form, lower case, all but letters and digits encoded; then groups.

    Of a character outside ASCII the octets are encoded, as Argus does; LCMAPS encodes OpenSSL's ``\\xC5`` (inferred).

    >>> lease_name("CN=Jane Doe,O=Grid", ["atlas"])
    '%2fo%3dgrid%2fcn%3djane%20doe:atlas'
    """
    text = "".join(f"/{part}" for part in parts(dn))
    encoded = "".join(
        chr(octet) if octet < 128 and chr(octet).isalnum() else f"%{octet:02x}"
        for octet in text.encode("utf-8", "surrogatepass")
    )
    return ":".join([encoded.lower(), *groups])


class GridMapDir:
    """The folder with the accounts and their leases. Any number of processes may use it at once."""

    def __init__(self, folder: Path, pause: tuple[float, float] = PAUSE) -> None:
        self._folder = folder
        self._pause = pause
        self._known: dict[str, str] = {}
        self._start = self.leases()

    def lease(self, pool: str, name: str) -> str:
        """The account of the pool that this lease is for: the one it has, else a free one.

        Touches the lease, by whose age sites clear up. Raises `PoolExhausted` and `Corrupt`.
        """
        for number in range(ROUNDS):
            if number:
                time.sleep(random.uniform(*self._pause))  # noqa: S311  # no secret: who goes first
            if account := self._held(pool, name) or self._taken(pool, name):
                os.utime(self._folder / name)
                if len(self._known) >= KNOWN:
                    self._known.clear()
                self._known[name] = account
                return account
        raise Corrupt(f"too many want an account of pool {pool} at once, or lease {name} has links that nobody made")

    def leases(self) -> dict[str, str]:
        """Every lease with its account."""
        entries = [(entry.name, entry.stat(follow_symlinks=False).st_ino) for entry in os.scandir(self._folder)]
        accounts = {inode: name for name, inode in entries if _ACCOUNT.fullmatch(name)}
        return {name: accounts[inode] for name, inode in entries if not _ACCOUNT.fullmatch(name) and inode in accounts}

    def reset(self) -> None:
        """Only the leases of the start."""
        self._known.clear()
        now = self.leases()
        for name, account in now.items():
            if self._start.get(name) != account:
                (self._folder / name).unlink(missing_ok=True)
        for name, account in self._start.items():
            if now.get(name) != account:
                (self._folder / name).unlink(missing_ok=True)
                os.link(self._folder / account, self._folder / name)

    def _held(self, pool: str, name: str) -> str:
        """The account that this lease has, or "" where there is no lease, or one with a third link, which may pass."""
        lease = self._stat(name)
        if lease is None or lease.st_nlink > 2:
            return ""
        known = self._known.get(name, "")
        account = known if self._is(known, lease, pool) else ""
        account = account or next((other for other in self._accounts(pool) if self._is(other, lease, pool)), "")
        if not account:
            raise Corrupt(f"lease {name} is of no account of pool {pool}")
        return account

    def _is(self, account: str, lease: os.stat_result, pool: str) -> bool:
        match = _ACCOUNT.fullmatch(account)
        stat = self._stat(account) if match and match[1] == pool else None
        return stat is not None and stat.st_ino == lease.st_ino

    def _taken(self, pool: str, name: str) -> str:
        """A free account, leased now, or "" where another process was in the way.

        Processes of ours take turns by a lock on the folder. LCMAPS does not know it: hence the count after the link.
        """
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._stat(name) is not None:
                return ""
            return self._link(pool, name)
        except BlockingIOError:
            return ""
        finally:
            os.close(folder)

    def _link(self, pool: str, name: str) -> str:
        accounts = self._accounts(pool)
        random.shuffle(accounts)
        raced = False
        for account in accounts:
            if self._count(account) != 1:
                continue
            try:
                os.link(self._folder / account, self._folder / name)
            except FileExistsError:  # somebody else has leased one for this user in the meantime
                return ""
            if self._count(account) == 2:
                return account
            raced = True
            (self._folder / name).unlink()
        if not raced:
            raise PoolExhausted(f"no account of pool {pool} is free")
        return ""

    def _count(self, name: str) -> int:
        stat = self._stat(name)
        return stat.st_nlink if stat else 0

    def _accounts(self, pool: str) -> list[str]:
        names = [entry.name for entry in os.scandir(self._folder)]
        return [name for name in names if (match := _ACCOUNT.fullmatch(name)) and match[1] == pool]

    def _stat(self, name: str) -> os.stat_result | None:
        try:
            return os.lstat(self._folder / name)
        except FileNotFoundError:
            return None
