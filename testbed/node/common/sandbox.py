"""A payload's files, unpacked within bounds, whatever the VO has let through."""

import io
import tarfile
import zlib
from pathlib import Path

LARGEST = 1 << 24
"""Bytes of a sandbox once unpacked."""
MOST_FILES = 1000
ERRORS = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError, RecursionError)
"""What is raised for one that is wrong."""


def extract(archive: bytes, folder: Path) -> None:
    """Lay files and folders into a folder, nothing outside of it, no set-id bits. Raises one of `ERRORS`."""
    with tarfile.open(fileobj=io.BytesIO(plain(archive)), mode="r:", encoding="utf-8") as members:
        for count, member in enumerate(members, 1):
            if count > MOST_FILES or not (member.isreg() or member.isdir()) or member.issparse():
                raise tarfile.TarError(f"{member.name[:80]!r} is not let in")
            members.extract(member, folder, filter="data")


def plain(archive: bytes) -> bytes:
    """A tar as it is before gzip, however large it would become. Raises `tarfile.TarError`."""
    data, whole = archive, True
    if archive.startswith(b"\x1f\x8b"):
        unpacking = zlib.decompressobj(wbits=31)
        data = unpacking.decompress(archive, LARGEST + 1)
        whole = unpacking.eof and not unpacking.unused_data
    if len(data) > LARGEST or not whole:
        raise tarfile.TarError(f"it has more than {LARGEST} bytes, or no end, or more than one")
    return data
