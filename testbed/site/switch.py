"""A switch other than the reference: a program file, or a tree that is laid over the worker node's root."""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from testbed.model.entry import Entry, Kind, tar
from testbed.model.problem import Problem

PROGRAM = "/usr/sbin/glexec"
"""Where the switch is on a worker node; its owner and mode are those of the site's installation."""
REFERENCE = "reference"
"""The name of the switch that comes with the testbed."""
OPEN = ("/usr", "/opt")
"""What a tree may lay files below."""
OURS = ("/usr/lib/testbed", "/usr/libexec/testbed")
"""And what below these it may not."""
LARGEST = 256 * 2**20
"""Bytes of a whole tree."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,59}")
_SHAPE = "a folder with usr/sbin/glexec and whatever else it needs below usr or opt"


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch by its name, where it came from, and its files: their links lead to one another only."""

    name: str
    origin: str
    entries: tuple[Entry, ...]

    def __str__(self) -> str:
        return f"{self.name} ({self.origin}, {self.digest})"

    @property
    def digest(self) -> str:
        """What it is made of, in sixteen characters."""
        return hashlib.sha256(tar(self.entries)).hexdigest()[:16]


def of_path(path: Path, name: str = "") -> Switch:
    """The switch that a program file is, or that a folder holds. Its files will be root's, writable by root only."""
    origin = str(path)
    if not path.exists():
        raise Problem("there is no such switch", where=origin, expected=f"a program file, or {_SHAPE}")
    name = named(name or path.resolve().name, origin)
    if path.is_file():
        return of_entries([Entry(PROGRAM, _content(path, path.stat().st_size), 0o755)], name, origin)
    if not path.is_dir():
        raise Problem("this is no switch", where=origin, found="a device", expected=f"a program file, or {_SHAPE}")
    return of_entries(_below(path), name, origin)


def named(name: str, origin: str) -> str:
    """A name that a switch can have: the ledger of known differences and the reports call it by that."""
    if name == REFERENCE or not _NAME.fullmatch(name):
        raise Problem(
            f"a switch cannot be called {name!r}",
            where=origin,
            found="the name of the testbed's own" if name == REFERENCE else repr(name),
            expected="letters, digits, and - _ . + inside; 60 characters at most",
            remedy="name it: --switch-name NAME",
        )
    return name


def of_entries(entries: Iterable[Entry], name: str, origin: str) -> Switch:
    """The switch of these files; a `Problem` where they are none, or would spoil the worker node."""
    files = {entry.path: entry for entry in entries}
    program = files.get(PROGRAM)
    if program is None:
        found = ", ".join(sorted(files)[:5]) or "no file at all"
        raise Problem(f"there is no {PROGRAM[1:]} in the switch", where=origin, found=found, expected=_SHAPE)
    if program.kind is not Kind.FILE or not program.content:
        found = "an empty file" if program.kind is Kind.FILE else f"a link to {program.target}"
        raise Problem(f"{PROGRAM[1:]} is no program", where=origin, found=found, expected="a file that can be executed")
    for entry in files.values():
        if entry.kind is Kind.LINK:
            _stays_inside(entry, files, origin)
    return Switch(name, origin, tuple(sorted(files.values(), key=lambda entry: entry.path)))


def placed(path: str, origin: str) -> str:
    """A path on the worker node that a tree may take; said of every file before it is read."""
    pure = PurePosixPath(path)
    if ".." in pure.parts or not any(pure.is_relative_to(top) for top in OPEN):
        raise Problem(
            "the tree would change what is not the switch's",
            where=origin,
            found=path,
            expected="files below " + " or ".join(OPEN) + "; what is in /etc comes from the site",
            remedy="leave it out; an image of such a tree begins with FROM scratch",
        )
    if any(pure.is_relative_to(ours) for ours in OURS):
        raise Problem("the tree would change what the testbed itself runs", where=origin, found=path)
    return path


def _below(top: Path) -> Iterator[Entry]:
    """The files and links of a folder. A set-id bit there would be its owner's: none is taken over."""
    if not os.path.lexists(top / PROGRAM[1:]):
        found = ", ".join(sorted(item.name for item in top.iterdir())[:10]) or "an empty folder"
        raise Problem(f"there is no {PROGRAM[1:]} in the switch", where=str(top), found=found, expected=_SHAPE)
    room = LARGEST
    for folder, folders, names in os.walk(top):
        inside = Path(folder)
        for name in sorted([*names, *(each for each in folders if (inside / each).is_symlink())]):
            path = inside / name
            place = placed("/" + path.relative_to(top).as_posix(), str(top))
            seen = path.lstat()
            if stat.S_ISLNK(seen.st_mode):
                yield Entry(place, kind=Kind.LINK, target=str(path.readlink()), mode=0o777)
            elif stat.S_ISREG(seen.st_mode):
                room -= seen.st_size
                if room < 0:
                    raise too_large(str(top))
                yield Entry(place, _content(path, seen.st_size), seen.st_mode & 0o755)
            else:
                raise Problem("a switch is made of files and links", where=str(path), found="a device, pipe or socket")


def too_large(origin: str) -> Problem:
    """More than any switch."""
    return Problem("the switch is too large", where=origin, expected=f"at most {LARGEST >> 20} MiB")


def _content(path: Path, size: int) -> bytes:
    if size > LARGEST:
        raise too_large(str(path))
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem("a file of the switch cannot be read", where=str(path), cause=str(error)) from None


def _stays_inside(link: Entry, files: dict[str, Entry], origin: str) -> None:
    target = os.path.normpath(PurePosixPath(link.path).parent / link.target)
    if not any(path == target or path.startswith(f"{target}/") for path in files):
        raise Problem(
            "a link leads out of the switch",
            where=f"{origin}: {link.path}",
            found=f"a link to {link.target}",
            expected="links to other files of the same tree",
            remedy="put the file itself there",
        )
