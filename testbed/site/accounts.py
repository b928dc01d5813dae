"""The accounts of a site as the lines and folders that a worker node has for them."""

from collections.abc import Iterable

from testbed.model.entry import Entry, folder
from testbed.site.pool import Account, Group, Pool

GLEXEC_UID = 990
GLEXEC_GID = 990
"""The switch's own account, which the worker node's image has."""

_SHELL = "/bin/sh"
_CHANGED = 20000
"""Day of the last password change; any day of the past serves."""


def accounts(pools: Iterable[Pool]) -> tuple[Account, ...]:
    """Every account of every pool."""
    return tuple(account for pool in pools for account in pool.accounts)


def passwd(pools: Iterable[Pool]) -> bytes:
    """Lines for passwd(5)."""
    return _lines(f"{a.name}:x:{a.uid}:{a.group.gid}::{a.home}:{_SHELL}" for a in accounts(pools))


def group(pools: Iterable[Pool]) -> bytes:
    """Lines for group(5), each group once."""
    groups: dict[Group, None] = dict.fromkeys(pool.group for pool in pools)
    return _lines(f"{group.name}:x:{group.gid}:" for group in groups)


def shadow(pools: Iterable[Pool]) -> bytes:
    """Lines for shadow(5): nobody has a password; ``*`` still lets sshd take a key."""
    return _lines(f"{a.name}:*:{_CHANGED}:0:99999:7:::" for a in accounts(pools))


def homes(pools: Iterable[Pool]) -> list[Entry]:
    """A home for everybody, closed to all others."""
    return [folder(a.home, 0o700, a.uid, a.group.gid) for a in accounts(pools)]


def gridmapdir(path: str, pools: Iterable[Pool]) -> list[Entry]:
    """The folder in which LCMAPS leases accounts: an empty file for each, owned by the switch's account."""
    return [
        folder(path, 0o755, GLEXEC_UID, GLEXEC_GID),
        *(Entry(f"{path}/{a.name}", b"", 0o644, GLEXEC_UID, GLEXEC_GID) for a in accounts(pools)),
    ]


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
