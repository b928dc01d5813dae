"""The accounts of a site: groups, pools of accounts for the users of a VO, accounts for pilots."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LOWEST_UID = 1000
"""Accounts below belong to the system."""
HIGHEST_UID = 2**31 - 1
NOBODY = (65534, 65535)
"""Numbers that no account may have."""

# fmt: off
SYSTEM_NAMES = frozenset((
    "root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data",
    "backup", "list", "irc", "nobody", "nogroup", "adm", "tty", "disk", "sudo", "audio", "dip", "operator",
    "src", "shadow", "utmp", "video", "sasl", "plugdev", "staff", "users", "input", "kvm", "render",
    "crontab", "messagebus", "sshd", "ssh", "_ssh", "_apt", "glexec",
))
# fmt: on
"""Names of users and groups that Debian's base system and the switch have."""

ACCOUNT_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Group:
    """A Unix group."""

    name: str
    gid: int


@dataclass(frozen=True, slots=True)
class Account:
    """A Unix account with its home."""

    name: str
    uid: int
    group: Group

    @property
    def home(self) -> str:
        """Where it is at home, 0700."""
        return f"/home/{self.name}"


@dataclass(frozen=True, slots=True)
class Pool:
    """Accounts that differ in a number: ``alpha001``, ``alpha002`` and so on, uids in the same order.

    ``vo`` is whose users get them, "" for the pilots' own.
    """

    prefix: str
    count: int
    first_uid: int
    group: Group
    width: int
    vo: str = ""

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Every account of the pool."""
        return tuple(
            Account(f"{self.prefix}{index + 1:0{self.width}}", self.first_uid + index, self.group)
            for index in range(self.count)
        )

    @property
    def last_uid(self) -> int:
        """The highest uid."""
        return self.first_uid + self.count - 1

    def holds(self, account: str) -> bool:
        """Whether LCMAPS takes a name for one of this pool: the prefix, then nothing but digits."""
        rest = account.removeprefix(self.prefix)
        return account.startswith(self.prefix) and rest.isdecimal()


@dataclass(frozen=True, slots=True)
class Clash:
    """Two declarations that cannot both be; ``index`` is the later pool's place, ``key`` the key to mend there."""

    index: int
    key: str
    what: str
    found: str
    remedy: str


def clashes(pools: Iterable[Pool]) -> Iterator[Clash]:
    """What is wrong between pools, each named at the later one of the two."""
    earlier: list[Pool] = []
    for index, pool in enumerate(pools):
        yield from _with_the_system(index, pool)
        for other in earlier:
            yield from _between(index, pool, other)
        earlier.append(pool)


def _with_the_system(index: int, pool: Pool) -> Iterator[Clash]:
    longest = pool.accounts[-1].name
    if not ACCOUNT_NAME.fullmatch(pool.accounts[0].name) or len(longest) > 32:
        rule = "lower-case letters, digits, _ and -, a letter first, 32 characters with the number"
        yield Clash(index, "prefix", "makes no account names", repr(longest), f"use {rule}")
    if not ACCOUNT_NAME.fullmatch(pool.group.name):
        rule = "lower-case letters, digits, _ and -, a letter first, 32 characters at most"
        yield Clash(index, "group", "has no group name", repr(pool.group.name), f"use {rule}")
    if pool.group.name in SYSTEM_NAMES:
        yield Clash(index, "group", "is a group of the system", pool.group.name, "give the pool a group of its own")
    for number in NOBODY:
        if pool.first_uid <= number <= pool.last_uid:
            found = f"{pool.first_uid} to {pool.last_uid}"
            yield Clash(index, "first_uid", f"reaches {number}, which means nobody", found, f"begin above {NOBODY[-1]}")


def _between(index: int, pool: Pool, other: Pool) -> Iterator[Clash]:
    if pool.prefix == other.prefix:
        yield Clash(index, "prefix", "is declared twice", repr(pool.prefix), "give each pool a prefix of its own")
    elif pool.holds(other.accounts[0].name) or other.holds(pool.accounts[0].name):
        found = f"{pool.accounts[0].name} and {other.accounts[0].name}"
        yield Clash(
            index, "prefix", "makes names that LCMAPS takes for the other pool", found, "let prefixes end in a letter"
        )
    if pool.first_uid <= other.last_uid and other.first_uid <= pool.last_uid:
        found = f"{pool.first_uid} to {pool.last_uid}; {other.prefix} has {other.first_uid} to {other.last_uid}"
        yield Clash(index, "first_uid", "overlaps another pool", found, f"begin at {other.last_uid + 1} or later")
    if pool.group.name == other.group.name and pool.group.gid != other.group.gid:
        found = f"{pool.group.gid}; {other.prefix} says {other.group.gid}"
        yield Clash(index, "group", f"gives {pool.group.name} another gid", found, "one group has one number")
    if pool.group.name != other.group.name and pool.group.gid == other.group.gid:
        found = f"{pool.group.name} and {other.group.name} both have gid {pool.group.gid}"
        yield Clash(index, "group", "shares its number with another group", found, "give each group its own gid")
