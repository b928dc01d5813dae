"""The tar of a payload's outputs: made by its own account, and looked at when it comes back."""

import glob
import io
import os
import stat
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

LARGEST_OUTPUTS = 3 << 20
MOST_OUTPUTS = 100
"""Bytes of the tar of a payload's outputs, and files in it."""


def pack(folder: str, patterns: Sequence[str]) -> int:
    """Write a tar of the files of these names to standard output, as the account that they belong to.

    A line of standard error for each thing that is left out: links, what is no file or leads out of the folder, and
    what is beyond the bounds.
    """
    os.chdir(folder)
    packed, size, many = io.BytesIO(), 0, 0
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in outputs(patterns):
            if many == MOST_OUTPUTS:
                print(f"{name} and what follows: at most {MOST_OUTPUTS} files are brought back", file=sys.stderr)
                break
            try:
                content, mode = output(name, LARGEST_OUTPUTS - size - (16 << 10))  # headers, and the padding of a tar
            except OSError as error:
                print(f"{name}: {error.strerror}", file=sys.stderr)
                continue
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(content), 0o755 if mode & 0o100 else 0o644, int(time.time())
            archive.addfile(info, io.BytesIO(content))
            size, many = archive.offset, many + 1
    sys.stdout.buffer.write(packed.getvalue())
    return 0


def outputs(patterns: Sequence[str]) -> Iterator[str]:
    """The files of these names, and those in folders of these names, each once."""
    seen = set()
    for pattern in patterns:
        found = sorted(glob.iglob(pattern))
        if not found:
            print(f"{pattern}: nothing of this name was left", file=sys.stderr)
        for name in found:
            below = [name]
            if os.path.isdir(name) and not os.path.islink(name):
                below = [os.path.join(at, file) for at, _, files in os.walk(name) for file in sorted(files)]
            for path in map(os.path.normpath, below):
                if path not in seen:
                    seen.add(path)
                    yield path


def output(name: str, room: int) -> tuple[bytes, int]:
    """The content and the mode of one file. Raises `OSError` for what is not brought back."""
    if not name.isprintable():
        raise OSError(0, "a name that cannot be printed")
    if os.path.isabs(name) or os.path.realpath(name) != os.path.join(os.getcwd(), name):
        raise OSError(0, "a link, or a way out of the folder")
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise OSError(0, "no file, or one of several names")
        content = file.read(max(room, 0) + 1)
    if len(content) > room:
        raise OSError(0, f"too large: at most {LARGEST_OUTPUTS} bytes are brought back in all")
    return content, found.st_mode


def good_outputs(archive: bytes) -> int:
    """How many files are in the tar that came back. Raises `tarfile.TarError` for one that would reach elsewhere."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as members:
        names: list[str] = []
        for member in members:
            path = Path(member.name)
            safe = member.isreg() and not member.issparse() and member.name.isprintable() and not member.mode & 0o7000
            if path.is_absolute() or ".." in path.parts or not safe or len(names) == MOST_OUTPUTS:
                raise tarfile.TarError(f"{member.name!r} is not let in")
            names.append(member.name)
        if len(set(names)) != len(names):
            raise tarfile.TarError("a name is there twice")
        return len(names)
