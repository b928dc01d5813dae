"""The switch that somebody brings to a run: a path on this machine, or an image in the engine."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from testbed.lab.engine import Engine
from testbed.lab.run import named as named_run
from testbed.model.entry import Entry, Kind
from testbed.model.problem import Problem
from testbed.site.switch import LARGEST, Switch, named, of_entries, of_path, placed, too_large

_ENGINES = (".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf")
"""What an engine puts into every container, whatever its image."""


def is_path(word: str) -> bool:
    """Whether a switch is named by a path: one that exists, or that cannot be meant as the name of an image."""
    return word.startswith(("/", "./", "../", "~")) or word in (".", "..") or Path(word).exists()


def brought(word: str | None, name: str = "") -> Switch | None:
    """The switch of a path or of an image, if any; ``name`` instead of the one that follows from where it is."""
    if word is None:
        if name:
            raise Problem("--switch-name names nothing", found=name, expected="--switch PATH|IMAGE beside it")
        return None
    return of_path(Path(word).expanduser(), name) if is_path(word) else _of_image(word, name)


def _of_image(reference: str, name: str) -> Switch:
    origin = f"image {reference}"
    name = named(name or reference.rpartition("/")[2].partition("@")[0].partition(":")[0], origin)
    # Swept like a run of its own, should we be killed meanwhile.
    labels = named_run("switch").labels
    root = Engine().root(reference, labels, largest=2 * LARGEST)
    if root is None:
        raise too_large(origin)
    return of_entries(_entries(root, origin), name, origin)


def _entries(root: bytes, origin: str) -> Iterator[Entry]:
    with tarfile.open(fileobj=io.BytesIO(root)) as members:
        for member in members:
            path = member.name.removeprefix("./")
            if member.isdir() or (path in _ENGINES and not member.size):
                continue
            place = placed(f"/{path}", origin)
            if member.issym():
                yield Entry(place, kind=Kind.LINK, target=member.linkname, mode=0o777)
            elif content := members.extractfile(member):  # a file, or another name of one
                yield Entry(place, content.read(), member.mode & 0o7777, member.uid, member.gid)
            else:
                raise Problem("a switch is made of files and links", where=f"{origin}: {place}", found="a device")
