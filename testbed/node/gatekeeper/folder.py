"""The folder of a job, with its sandbox and its proxy."""

import io
import os
import tarfile
import zlib
from pathlib import Path

from .account import Account

LARGEST_SANDBOX = 1 << 24
MOST_FILES = 1000
"""Bytes of a sandbox once unpacked, and members of it, as the pilot job has them."""


def lay_out(folder: Path, account: Account, proxy: str, sandbox: bytes) -> Path:
    """The folder of a job, all of it the account's; where its proxy lies. Raises what is wrong with its sandbox."""
    if sandbox:
        with tarfile.open(fileobj=io.BytesIO(plain(sandbox)), mode="r:", encoding="utf-8") as members:
            for count, member in enumerate(members, 1):
                if count > MOST_FILES or not (member.isreg() or member.isdir()) or member.issparse():
                    raise tarfile.TarError(f"{member.name[:80]!r} is not let in")
                members.extract(member, folder, filter="data")
    place = folder / "x509up"
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(proxy)
    for path in (*folder.rglob("*"), folder):  # it last: until then nobody else comes in to put a link in a path
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return place


def plain(archive: bytes) -> bytes:
    """A tar as it is before gzip, however large it would become: root unpacks it, whose disk has no quota."""
    data = archive
    if archive.startswith(b"\x1f\x8b"):
        unpacking = zlib.decompressobj(wbits=31)
        data = unpacking.decompress(archive, LARGEST_SANDBOX + 1)
        if not unpacking.eof or unpacking.unused_data:
            raise tarfile.TarError("it has no end, is too large, or is more than one")
    if len(data) > LARGEST_SANDBOX:
        raise tarfile.TarError(f"it has more than {LARGEST_SANDBOX} bytes")
    return data
