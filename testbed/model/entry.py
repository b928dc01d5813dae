"""One thing in a file tree that is laid over a container before its first process starts."""

import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an entry is in the file system."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or symbolic link at an absolute path, with numeric owners and its permission bits."""

    path: str
    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    kind: Kind = Kind.FILE
    target: str = ""
    """Where a link points to."""


def folder(path: str, mode: int = 0o755, uid: int = 0, gid: int = 0) -> Entry:
    """A folder; the folders above it that no entry names keep what the image gave them."""
    return Entry(path, mode=mode, uid=uid, gid=gid, kind=Kind.FOLDER)


def tar(entries: Iterable[Entry]) -> bytes:
    """The entries as one uncompressed tar, paths relative to `/`, folders before what they hold."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for entry in sorted(entries, key=lambda entry: entry.path):
            info = tarfile.TarInfo(entry.path.lstrip("/"))
            info.mode, info.uid, info.gid = entry.mode, entry.uid, entry.gid
            match entry.kind:
                case Kind.FOLDER:
                    info.type = tarfile.DIRTYPE
                    archive.addfile(info)
                case Kind.LINK:
                    info.type, info.linkname = tarfile.SYMTYPE, entry.target
                    archive.addfile(info)
                case Kind.FILE:
                    info.size = len(entry.content)
                    archive.addfile(info, io.BytesIO(entry.content))
    return buffer.getvalue()
