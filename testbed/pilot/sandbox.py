"""A payload's sandbox: a tar of the files that it finds where it starts, and everything that is not let in as one."""

import io
import tarfile
import zlib
from pathlib import PurePosixPath

from testbed.model.problem import Problem

LARGEST = 4 * 1024 * 1024
"""Bytes of the tar as it travels, compressed by gzip or not."""
LARGEST_INSIDE = 16 * 1024 * 1024
"""Bytes of the tar once unpacked: no more are ever made of a compressed one."""
MOST = 1000
"""Files and folders."""
LONGEST_NAME = 255
LONGEST_PATH = 1024
"""Bytes of a name and of a path of them: the kernel takes 255 and 4095 (limits.h), the place it lies in included."""
EXPECTED = "files and folders below one folder: no links, devices, set-id bits, absolute paths, or .."
GZIP = b"\x1f\x8b"


def checked(archive: bytes) -> bytes:
    """The archive, when nothing in it would reach outside of the folder that it is unpacked in, nor fill a disk.

    Raises `Problem`, which names the member.
    """
    if not archive:
        return archive
    if len(archive) > LARGEST:
        raise Problem("a sandbox that is too large", found=f"{len(archive)} bytes", expected=f"at most {LARGEST}")
    try:
        with tarfile.open(fileobj=io.BytesIO(_plain(archive)), mode="r:", encoding="utf-8") as members:
            _look(members)
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError, RecursionError) as error:
        # Headers that announce headers make tarfile call itself.
        raise Problem("a sandbox that cannot be read", cause=str(error), expected="a tar, by gzip or not") from None
    return archive


def _plain(archive: bytes) -> bytes:
    if not archive.startswith(GZIP):
        return archive
    unpacking = zlib.decompressobj(wbits=31)
    plain = unpacking.decompress(archive, LARGEST_INSIDE + 1)
    if len(plain) > LARGEST_INSIDE:
        raise Problem("a sandbox that is too large inside", expected=f"at most {LARGEST_INSIDE} bytes")
    if not unpacking.eof:
        raise Problem("a sandbox that ends too early", found=f"{len(archive)} bytes")
    if unpacking.unused_data:  # more by gzip would be unpacked by others as a part of the same tar
        raise Problem("a sandbox that goes on after its end", found=f"{len(unpacking.unused_data)} bytes more")
    return plain


def _look(members: tarfile.TarFile) -> None:
    files, folders = set[PurePosixPath](), {PurePosixPath()}
    for count, member in enumerate(members, 1):
        path = PurePosixPath(member.name)
        if count > MOST:
            raise Problem("a sandbox of too many files", expected=f"at most {MOST}")
        if not 0 <= member.size <= LARGEST_INSIDE:
            _refuse(member, f"its size is {member.size}")
        if path.is_absolute() or ".." in path.parts or not member.name.isprintable():
            _refuse(member, "its path leads elsewhere, or nowhere")
        if len(member.name.encode()) > LONGEST_PATH or any(len(name.encode()) > LONGEST_NAME for name in path.parts):
            _refuse(member, "its path is too long")
        if not (member.isreg() or member.isdir()) or member.issparse():
            _refuse(member, "it is neither a file nor a folder")
        if member.mode & 0o7000:
            _refuse(member, f"its mode is {member.mode:o}")
        if path in files or (path in folders and not member.isdir()):
            _refuse(member, "it is there twice")
        if not files.isdisjoint(path.parents):
            _refuse(member, "it lies in a file")
        folders.update(path.parents)
        (folders if member.isdir() else files).add(path)


def _refuse(member: tarfile.TarInfo, why: str) -> None:
    raise Problem(
        "a sandbox with a member that is not let in", found=f"{member.name[:200]!r}: {why}", expected=EXPECTED
    )
