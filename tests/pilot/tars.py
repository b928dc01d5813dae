"""Tars of which no member may come to lie anywhere, for whoever takes a sandbox in and whoever lays one out."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Mapping

from testbed.pilot import sandbox

Members = tuple[tuple[str, bytes, Mapping[str, object]], ...]


def tar(*members: tuple[str, bytes, Mapping[str, object]], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of members: name, content, and what else is said of it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as archive:
        for name, content, parts in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for part, value in parts.items():
                setattr(info, part, value)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def member(name: str, content: bytes = b"", **parts: object) -> bytes:
    """A tar of one member."""
    return tar((name, content, parts))


def many(number: int = sandbox.MOST + 1) -> bytes:
    """Too many files."""
    return tar(*((str(each), b"", {}) for each in range(number)), form=tarfile.USTAR_FORMAT)


def chained() -> bytes:
    """Thousands of headers, each of which announces that the next one has a long name."""
    link = tarfile.TarInfo("././@LongLink")
    link.type, link.size = tarfile.GNUTYPE_LONGNAME, 2
    one = link.tobuf(tarfile.GNU_FORMAT) + b"x\0".ljust(512, b"\0")
    return one * 2000 + member("a")


def sparse() -> bytes:
    """A file of which nothing is there."""
    said = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,0", "GNU.sparse.size": "5"}
    return member("a", pax_headers=said)


def in_two_parts() -> bytes:
    """What a reader of one part by gzip finds good, and a reader of all parts does not."""
    good = member("good")
    assert good.endswith(bytes(1024))
    return gzip.compress(good[:512]) + gzip.compress(member("../evil"))


BAD: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "absolute": (lambda: member("/etc/cron.d/x"), "'/etc/cron.d/x': its path leads elsewhere"),
    "above": (lambda: member("../x"), "its path leads elsewhere"),
    "above, from below": (lambda: member("a/../../x"), "its path leads elsewhere"),
    "above, by a PAX header": (lambda: member("a", pax_headers={"path": "../x"}), "'../x': its path leads elsewhere"),
    "a line feed": (lambda: member("a\nb"), "its path leads elsewhere"),
    "no UTF-8": (lambda: member("a\udcff"), "its path leads elsewhere"),
    "no name": (lambda: member("."), "it is there twice"),
    "a long name": (lambda: member("x" * 256), "its path is too long"),
    "a long path": (lambda: member("x/" * 600 + "x"), "its path is too long"),
    "a symbolic link": (lambda: member("a", type=tarfile.SYMTYPE, linkname="/etc/shadow"), "neither a file nor a"),
    "a symbolic link to nothing": (lambda: member("a", type=tarfile.SYMTYPE, linkname="b"), "neither a file nor a"),
    "a file through a link": (
        lambda: tar(("a", b"", {"type": tarfile.SYMTYPE, "linkname": "/tmp"}), ("a/x", b"", {})),
        "'a': it is neither a file nor a folder",
    ),
    "a hard link": (lambda: member("a", type=tarfile.LNKTYPE, linkname="b"), "neither a file nor a folder"),
    "a hard link elsewhere": (lambda: member("a", type=tarfile.LNKTYPE, linkname="/etc/shadow"), "neither a file nor"),
    "a character device": (lambda: member("a", type=tarfile.CHRTYPE), "neither a file nor a folder"),
    "a block device": (lambda: member("a", type=tarfile.BLKTYPE), "neither a file nor a folder"),
    "a pipe": (lambda: member("a", type=tarfile.FIFOTYPE), "neither a file nor a folder"),
    "a sparse file": (sparse, "neither a file nor a folder"),
    "a file in a file": (lambda: tar(("a", b"", {}), ("a/b", b"", {})), "'a/b': it lies in a file"),
    "a file for a folder": (lambda: tar(("a/b", b"", {}), ("a", b"", {})), "'a': it is there twice"),
    "a size that is a lie": (lambda: member("a", pax_headers={"size": str(1 << 40)}), "its size is 1099511627776"),
    "a size below zero": (lambda: member("a", pax_headers={"size": "-5"}), "its size is -5"),
    "headers of headers": (chained, "cannot be read"),
    "too many files": (many, "too many files"),
    "a gigabyte by gzip": (lambda: gzip.compress(bytes(1 << 26)) * 16, "too large inside"),
    "cut off": (lambda: gzip.compress(member("a"))[:-20], "ends too early"),
    "two parts by gzip": (in_two_parts, "goes on after its end"),
    "bzip2": (lambda: bz2.compress(member("a")), "cannot be read"),
    "xz": (lambda: lzma.compress(member("a")), "cannot be read"),
    "rubbish": (lambda: b"rubbish", "cannot be read"),
    "set-uid": (lambda: member("a", mode=0o4755), "its mode is 4755"),
    "set-gid": (lambda: member("a", mode=0o2755), "its mode is 2755"),
    "sticky": (lambda: member("a", mode=0o1755), "its mode is 1755"),
    "twice": (lambda: tar(("a", b"", {}), ("a", b"", {})), "'a': it is there twice"),
}
"""What is wrong with each, and what the VO says of it."""
HARMLESS = frozenset(("absolute", "a line feed", "no UTF-8", "a long path", "set-uid", "set-gid", "sticky", "twice"))
"""Those that a pilot lays out below a folder of the payload's, without such bits: nothing of them is anywhere else."""
