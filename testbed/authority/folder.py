"""Makes a service of the files in a folder, such as /etc/testbed-authority."""

import time
from collections.abc import Callable
from pathlib import Path

from testbed.authority.accounts import Accounts, read_accounts
from testbed.authority.caches import Lifetimes
from testbed.authority.language import parse
from testbed.authority.leases import GridMapDir
from testbed.authority.mapfile import read_mapfile
from testbed.authority.mapping import Mapper, MapRules
from testbed.authority.paps import CENTRAL, LOCAL
from testbed.authority.policy import Policy
from testbed.authority.service import Service
from testbed.model.problem import Problem


def open_folder(
    folder: Path,
    lifetimes: Lifetimes | None = None,
    rules: MapRules | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Service:
    """The service of a folder: policy.spl, and where they are there central.spl, grid-mapfile, groupmapfile,
    gridmapdir, passwd and group. Without a grid-mapfile nobody is mapped.
    """
    policies = {LOCAL: read_policy(folder / "policy.spl")}
    if (folder / "central.spl").exists():
        policies[CENTRAL] = read_policy(folder / "central.spl")
    mapper = None
    if (folder / "grid-mapfile").exists():
        groups = folder / "groupmapfile"
        pool = folder / "gridmapdir"
        mapper = Mapper(
            read_mapfile((folder / "grid-mapfile").read_bytes(), str(folder / "grid-mapfile")),
            read_mapfile(groups.read_bytes(), str(groups)) if groups.exists() else (),
            GridMapDir(pool) if pool.is_dir() else None,
            rules or MapRules(),
        )
    return Service(policies, mapper, _accounts(folder), lifetimes, clock)


def read_policy(file: Path) -> Policy:
    """The policy in a file."""
    try:
        return parse(file.read_text(), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise Problem("cannot read the policy", where=str(file), cause=str(error)) from None


def _accounts(folder: Path) -> Accounts:
    texts = [(folder / name).read_text() if (folder / name).exists() else "" for name in ("passwd", "group")]
    return read_accounts(texts[0], texts[1], str(folder))
