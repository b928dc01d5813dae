#!/usr/bin/python3
"""What a machine's image must not carry: ``image_keys.py INITRD`` prints, as JSON, keys, passwords and logins in it.

The image is a cpio of kind newc, as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst).
Whoever has the image has what is in it, and so has every machine that is made of it.
"""

import json
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

PRIVATE = re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{40}")
"""The beginning of a key, with some of it: programs that read keys have the first line in them as well."""
LOGINS = re.compile(
    r"(?:^|/)(?:authorized_keys2?|id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|shadow|gshadow|ssh_host_\w+_key)$"
)
NO_PASSWORD = ("", "*", "!", "!!", "x")
"""What the second field of a passwd or group may be: for "" see `empty`."""


def members(archive: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Path, mode and content of every member; of several archives one after the other, too."""
    at = 0
    while at + 110 <= len(archive):
        if archive[at : at + 1] == b"\0":
            at += 4
            continue
        if archive[at : at + 6] not in (b"070701", b"070702"):
            raise ValueError(f"no member of a cpio at byte {at}")
        fields = [int(archive[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = archive[at + 110 : at + 110 + length - 1].decode(errors="replace")
        start = at + -(-(110 + length) // 4) * 4
        if name != "TRAILER!!!":
            yield name.removeprefix("./"), mode, archive[start : start + size]
        at = start + -(-size // 4) * 4


def found(path: str, mode: int, content: bytes) -> Iterator[str]:
    """What is wrong with one member, in words."""
    if not stat.S_ISREG(mode):
        return
    if LOGINS.search(path) and content:
        yield f"{path}: lets somebody in"
    if PRIVATE.search(content):
        yield f"{path}: a private key"
    if mode & (stat.S_ISUID | stat.S_ISGID):
        yield f"{path}: runs as its owner"
    if path in ("etc/passwd", "etc/group"):
        for line in content.decode(errors="replace").splitlines():
            name, password = (line + "::").split(":")[:2]
            if password not in NO_PASSWORD:
                yield f"{path}: {name} has a password"
            elif not password and path == "etc/passwd":
                yield f"{path}: {name} needs no password"


def main(image: str) -> None:
    """Look at an image."""
    seen = list(members(Path(image).read_bytes()))
    print(json.dumps({"files": len(seen), "found": [line for member in seen for line in found(*member)]}))


if __name__ == "__main__":
    main(sys.argv[1])
