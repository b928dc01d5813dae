"""What a site puts on its worker node: accounts, its own files, the folder of leases, how the switch is installed."""

import dataclasses
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from testbed.model.entry import Entry, folder
from testbed.model.mode import Installation
from testbed.site import accounts, pdl
from testbed.site.switch import PROGRAM

if TYPE_CHECKING:
    from testbed.site.site import Site

SECURITY = "/etc/grid-security"
SWITCH = PROGRAM
STATE = "/etc/testbed"
"""What the worker node's first process reads: lines for passwd, group and shadow, and the mode of the switch."""

SWITCH_MODES = {Installation.SETUID: 0o6111, Installation.LOG_ONLY: 0o555}

_OF_THE_IMAGE = frozenset(("/", "/etc", "/home", "/opt", "/usr", "/usr/sbin", "/usr/libexec", "/var", "/var/lib"))


def tree(site: "Site") -> list[Entry]:
    """The entries of the worker node, ready for `testbed.model.entry.tar`."""
    pools = (site.pilots, *site.pools)
    mode = SWITCH_MODES[site.installation]
    files = [Entry(file.path, file.content, file.mode, file.uid, file.gid) for file in site.files]
    files += [_installed(entry, mode) for entry in (site.switch.entries if site.switch else ())]
    return [
        *(folder(path) for path in _parents([*(file.path for file in files), *_leases(site)])),
        *files,
        *(entry for path in _leases(site) for entry in accounts.gridmapdir(path, site.pools)),
        folder(STATE),
        Entry(f"{STATE}/passwd", accounts.passwd(pools)),
        Entry(f"{STATE}/group", accounts.group(pools)),
        Entry(f"{STATE}/shadow", accounts.shadow(pools), 0o600),
        Entry(f"{STATE}/switch-mode", f"{mode:04o}\n".encode()),
        *accounts.homes(pools),
    ]


def _installed(entry: Entry, mode: int) -> Entry:
    """A file of the switch; the program itself as the site installs it."""
    if entry.path != SWITCH:
        return entry
    return dataclasses.replace(entry, mode=mode, uid=0, gid=accounts.GLEXEC_GID)


def _leases(site: "Site") -> list[str]:
    """Where LCMAPS looks for leases; the usual place where the policy names none."""
    policy = site.file("lcmaps.db")
    named = [path for path, _ in pdl.parse(policy.content).arguments("-gridmapdir")] if policy else []
    absolute = [path.rstrip("/") for path in dict.fromkeys(named) if path.startswith("/")]
    return absolute or [f"{SECURITY}/gridmapdir"]


def _parents(paths: Iterable[str]) -> list[str]:
    """The folders above these paths, without those that every image has."""
    above = {SECURITY, *(str(parent) for path in paths for parent in PurePosixPath(path).parents)}
    return sorted(above - _OF_THE_IMAGE)
