"""Reads a site's folder: site.toml and the files next to it."""

import functools
import re
from importlib import resources
from pathlib import Path

from testbed.model.cell import Authority
from testbed.model.mode import Installation
from testbed.model.problem import Problem, nearest
from testbed.site import answers as questions
from testbed.site import folder as folders
from testbed.site import pool as accounts
from testbed.site import toml
from testbed.site.capability import ALLOWED
from testbed.site.pool import Group, Pool
from testbed.site.reader import Table
from testbed.site.site import Site

SITE = "site.toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_VO = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}")
_TOP = ("name", "description", "answers", "switch", "authority", "pools", "pilots", "files", "worker_node")
_NODE = ("capabilities", "user_namespaces", "own_network", "machine_network")
_POOL = ("prefix", "count", "first_uid", "vo", "group", "width")
_PILOTS = ("prefix", "count", "first_uid", "group", "width")


def load_site(directory: Path) -> Site:
    """The site in a folder (or of a site.toml); a mistake is a `Problem` that says where it is and what to write."""
    directory = folders.of_site(directory, SITE)
    document = toml.parse(folders.read(directory, SITE), str(directory / SITE))
    top = Table(document, (), _TOP)
    name = top.word("name")
    if not _NAME.fullmatch(name):
        rule = "lower-case letters, digits, and - _ . inside; 40 characters at most"
        raise top.problem("name", "cannot name folders and containers", found=repr(name), expected=rule)
    switch = top.table("switch", ("installation", "path"))
    installation = switch.choice("installation", Installation)
    authority = top.table("authority", ("kind",)).choice("kind", Authority)
    pools, pilots = _pools(top)
    answers = questions.of(top.table("answers", questions.KEYS), tuple(dict.fromkeys(pool.vo for pool in pools)))
    files = folders.site_files(directory, top.table("files", ()) if "files" in top else None, installation)
    rights = _rights(top.table("worker_node", _NODE)) if "worker_node" in top else ((), False, False, False)
    own = folders.switch(directory, switch, name) if "path" in switch else None
    description = top.word("description", "")
    lines = {toml.spell(place): line for place, line in document.lines.items()}
    theirs = folders.authority_files(directory)
    parts = (answers, installation, authority, pools, pilots, files, theirs, *rights, own, lines)
    return Site(name, description, str(directory), *parts)


def examples() -> list[str]:
    """The names of the sites that come with the testbed."""
    return sorted(item.name for item in _shipped().iterdir() if (item / SITE).is_file())


@functools.cache
def example(name: str) -> Site:
    """A site that comes with the testbed; it is read once."""
    return load_site(example_folder(name))


def example_folder(name: str) -> Path:
    """Where an example lies."""
    if name not in examples():
        near = nearest(name, examples())
        raise Problem(
            f"no example site is called {name!r}",
            expected="one of " + ", ".join(examples()),
            remedy=f"did you mean {near!r}?" if near else "",
        )
    return _shipped() / name


def _shipped() -> Path:
    return Path(str(resources.files("testbed.site"))) / "examples"


def _rights(node: Table) -> tuple[tuple[str, ...], bool, bool, bool]:
    """What the worker node may do, whether its accounts may make user namespaces, and networks in them.

    Last, whether virtual machines of payloads have a network.
    """
    capabilities = node.words("capabilities", list(ALLOWED)) if "capabilities" in node else ()
    namespaces, network = (node.flag(key, default=False) for key in ("user_namespaces", "own_network"))
    if network and not namespaces:
        raise node.problem("own_network", "means nothing without user namespaces", remedy="add user_namespaces = true")
    return capabilities, namespaces, network, node.flag("machine_network", default=False)


def _pools(top: Table) -> tuple[tuple[Pool, ...], Pool]:
    tables = [(table, _pool(table, 3, of_vo=True)) for table in top.tables("pools", _POOL)]
    if not tables:
        raise top.problem("pools", "is empty", expected="a [[pools]] for each VO")
    table = top.table("pilots", _PILOTS)
    tables.append((table, _pool(table, 2, of_vo=False)))
    for clash in accounts.clashes(pool for _, pool in tables):
        raise tables[clash.index][0].problem(clash.key, clash.what, found=clash.found, remedy=clash.remedy)
    *pools, pilots = (pool for _, pool in tables)
    return tuple(pools), pilots


def _pool(table: Table, width: int, *, of_vo: bool) -> Pool:
    group = table.table("group", ("name", "gid"))
    vo = table.word("vo") if of_vo else ""
    if vo and not _VO.fullmatch(vo):
        raise table.problem("vo", "is no name of a VO", found=repr(vo), expected="letters, digits, and - _ . inside")
    width = table.number("width", 1, 6, width)
    low, high = accounts.LOWEST_UID, accounts.HIGHEST_UID
    return Pool(
        table.word("prefix"),
        table.number("count", 1, 10**width - 1),
        table.number("first_uid", low, high - 10**width),
        Group(group.word("name"), group.number("gid", low, high)),
        width,
        vo,
    )
