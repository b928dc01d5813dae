"""A payload's files, laid out for whatever account it will have."""

import io
import tarfile
import zlib
from pathlib import Path

from .problems import SandboxProblem

LARGEST_SANDBOX = 1 << 24
"""Bytes of a sandbox once unpacked."""
MOST_FILES = 1000


def unpack(archive: bytes, folder: Path) -> None:
    """Lay a payload's files out for whatever account it will have: readable by all, to be changed by nobody else.

    The VO has looked at them, which is not believed here. Raises `SandboxProblem`.
    """
    if not archive:
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(plain(archive)), mode="r:", encoding="utf-8") as members:
            for count, member in enumerate(members, 1):
                if count > MOST_FILES or not (member.isreg() or member.isdir()) or member.issparse():
                    raise SandboxProblem(f"{member.name[:80]!r} is not let in")
                members.extract(member, folder, filter="data")  # nothing outside of the folder, no set-id bits
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError, RecursionError) as error:
        raise SandboxProblem(str(error)[:500]) from None


def plain(archive: bytes) -> bytes:
    """A tar as it is before gzip, however large it would become. Raises `SandboxProblem`."""
    if not archive.startswith(b"\x1f\x8b"):
        return archive
    unpacking = zlib.decompressobj(wbits=31)
    data = unpacking.decompress(archive, LARGEST_SANDBOX + 1)
    if len(data) > LARGEST_SANDBOX or not unpacking.eof or unpacking.unused_data:
        raise SandboxProblem(f"it has more than {LARGEST_SANDBOX} bytes, or no end, or more than one")
    return data
