"""The folder of a site: which files are in it, and where each lies on the worker node."""

import os
from pathlib import Path, PurePosixPath

from testbed.model.entry import Entry
from testbed.model.mode import Installation
from testbed.model.problem import Problem, nearest, shown
from testbed.site import ini, service
from testbed.site.accounts import GLEXEC_GID, GLEXEC_UID
from testbed.site.reader import Table
from testbed.site.site import SiteFile
from testbed.site.switch import PROGRAM, Switch, of_entries

LARGEST = 4 * 2**20
"""Bytes; no configuration file is larger."""

CONFIG = "glexec.conf"
POLICY = "lcmaps.db"
MAPS = ("grid-mapfile", "groupmapfile", "ban_users.db")
USUAL = (CONFIG, POLICY, *MAPS)
"""The files that are taken without being named in site.toml."""

POLICY_PATH = "/etc/lcmaps/lcmaps-glexec.db"
"""Where the switch looks for the policy when glexec.conf does not say."""

_OWNERS = {"root": 0, "glexec": GLEXEC_UID}
_GROUPS = {"root": 0, "glexec": GLEXEC_GID}


def of_site(directory: Path, site_toml: str) -> Path:
    """The folder of a site, given it or its site.toml."""
    try:
        if directory.name == site_toml and directory.is_file():
            return directory.parent
        there = directory.exists()
    except OSError as error:
        where, cause = shown(str(directory)), error.strerror or ""
        raise Problem("this folder cannot be reached", where=where, cause=cause) from None
    if not there:
        beside = directory.parent
        others = [item.name for item in beside.iterdir() if item.is_dir()] if beside.is_dir() else []
        near = nearest(directory.name, others)
        raise Problem(
            "there is no such folder",
            where=str(directory),
            remedy=f"did you mean {beside / near}?" if near else "testbed init DIR --from setuid-gridmap",
        )
    if not directory.is_dir():
        raise Problem(
            "this is a file, not the folder of a site", where=str(directory), expected=f"a folder with {site_toml}"
        )
    if not os.path.lexists(directory / site_toml):
        found = ", ".join(sorted(item.name for item in directory.iterdir())[:10]) or "an empty folder"
        raise Problem(
            f"the folder has no {site_toml}",
            where=str(directory),
            found=found,
            remedy="testbed init DIR --from setuid-gridmap, and put your own files there",
        )
    return directory


def read(directory: Path, name: str, where: str = "") -> bytes:
    """The content of a file in the site's folder; links may not lead out of it."""
    path = directory / name
    where = where or str(path)
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(directory.resolve()):
            raise Problem(
                f"{name} leads out of the site's folder",
                where=where,
                found=f"a path or a link to {real}",
                remedy="copy the file into the folder, so that the site is whole wherever it is taken",
            )
        if not real.is_file():
            raise Problem(f"{name} is not a file", where=where, found="a folder" if real.is_dir() else "a device")
        if real.stat().st_size > LARGEST:
            raise Problem(
                f"{name} is too large", where=where, found=f"{real.stat().st_size} bytes", expected=f"up to {LARGEST}"
            )
        return real.read_bytes()
    except FileNotFoundError:
        others = [item.name for item in directory.iterdir()]
        near = nearest(name, others)
        raise Problem(
            f"{name} is missing in the site's folder",
            where=where,
            found=", ".join(sorted(others)),
            remedy=f"did you mean {near!r}?" if near else f"put {name} there",
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise Problem(f"{name} cannot be read", where=where, cause=str(error)) from None


def switch(directory: Path, table: Table, name: str) -> Switch:
    """The site's own switch, a program file; it is called as the site is."""
    content = read(directory, table.word("path"), table.where("path"))
    return of_entries([Entry(PROGRAM, content, 0o755)], name, str(directory / table.word("path")))


def site_files(directory: Path, named: Table | None, installation: Installation) -> tuple[SiteFile, ...]:
    """The site's files: the usual ones that are there, and those that [files] names."""
    config = read(directory, CONFIG)
    paths = _usual_paths(config)
    files = {}
    if named:
        for name in named.values:
            files[name] = _named(directory, named, name, paths, installation)
    for name in USUAL:
        if name not in files and os.path.lexists(directory / name):
            files[name] = _file(name, paths[name], read(directory, name), installation)
    _no_two_at_one_place(files, named)
    return tuple(sorted(files.values(), key=lambda file: file.path))


def authority_files(directory: Path) -> tuple[SiteFile, ...]:
    """The files of the site's authority, if it has any; they lie on the authority's hosts, not on the worker node."""
    top = directory / service.FOLDER
    if not top.is_dir():
        return ()
    names = sorted(item.name for item in top.iterdir())
    for name in names:
        if name not in service.FILES:
            near = nearest(name, [each for each in service.FILES if each not in names])
            raise Problem(
                "a file of the authority means nothing",
                where=str(top / name),
                found=name,
                expected="one of " + ", ".join(service.FILES),
                remedy=f"did you mean {near}?" if near else "take it out of the folder",
            )
    return tuple(
        SiteFile(f"{service.FOLDER}/{name}", f"{service.PLACE}/{name}", read(top, name), 0o644, 0, 0) for name in names
    )


def _usual_paths(config: bytes) -> dict[str, str]:
    policy = ini.parse(config).value("lcmaps_db_file", POLICY_PATH)
    return {
        CONFIG: "/etc/glexec.conf",
        POLICY: policy if policy.startswith("/") else POLICY_PATH,
        **{name: f"/etc/grid-security/{name}" for name in MAPS},
    }


def _file(name: str, path: str, content: bytes, installation: Installation) -> SiteFile:
    """A file with its usual owner and mode: users read configuration and policy only where they have to."""
    private = name in (CONFIG, POLICY) and installation is Installation.SETUID
    gid = GLEXEC_GID if private or name == CONFIG else 0
    return SiteFile(name, path, content, 0o640 if private else 0o644, 0, gid)


def _named(directory: Path, table: Table, name: str, paths: dict[str, str], installation: Installation) -> SiteFile:
    content = read(directory, name, table.where(name))
    if isinstance(table.values[name], dict):
        details = table.table(name, ("path", "mode", "owner", "group"))
        usual = _file(name, _path(details, "path", paths.get(name)), content, installation)
        return SiteFile(
            name,
            usual.path,
            content,
            _mode(details, usual.mode),
            _number(details, "owner", _OWNERS, usual.uid),
            _number(details, "group", _GROUPS, usual.gid),
        )
    return _file(name, _path(table, name, None), content, installation)


def _path(table: Table, key: str, default: str | None) -> str:
    path = table.word(key, default)
    pure = PurePosixPath(path)
    if not path.startswith("/") or ".." in pure.parts or path.endswith("/") or "\0" in path:
        raise table.problem(
            key, "is no path on the worker node", found=repr(path), expected="an absolute path of a file"
        )
    return str(pure)


def _mode(table: Table, default: int) -> int:
    text = table.word("mode", f"{default:04o}")
    if not (3 <= len(text) <= 4 and set(text) <= set("01234567")):
        raise table.problem("mode", "is no mode", found=repr(text), expected='octal digits in quotes, such as "0640"')
    return int(text, 8)


def _number(table: Table, key: str, known: dict[str, int], default: int) -> int:
    if key not in table:
        return default
    word = table.word(key)
    if word not in known:
        raise table.misspelt(key, word, list(known))
    return known[word]


def _no_two_at_one_place(files: dict[str, SiteFile], table: Table | None) -> None:
    taken: dict[str, str] = {}
    for name, file in files.items():
        if file.path in taken:
            where = table.where(name if table and name in table else taken[file.path]) if table else ""
            found = f"{taken[file.path]} and {name} at {file.path}"
            raise Problem("two files want the same place on the worker node", where=where, found=found)
        taken[file.path] = name
