"""What a saved machine stands or falls with, as the kernel tells it."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .machine import BOOTED, Kind, qemu
from .parts import IMAGE, QEMU

FOLDERS = ("vm", "common")
"""Where the launcher's own modules are."""


def key(kind: Kind) -> str:
    """A name for the saved machines of this kind, image, QEMU, and boot of the node."""
    return hashlib.sha256(json.dumps(facts_of(kind), sort_keys=True).encode()).hexdigest()[:32]


def facts_of(kind: Kind) -> dict[str, Any]:
    """Everything that a saved machine stands or falls with."""
    program = shutil.which(QEMU)
    files = [os.path.realpath(program)] if program else []
    files += [str(IMAGE / "vmlinuz"), str(IMAGE / "initrd"), *launcher()]
    seen = {file: facts_of_file(os.stat(file)) for file in files}
    return {"kind": asdict(kind), "boot": boot_id(), "files": seen, "words": qemu(kind, BOOTED, 0, range(4), 0)}


def launcher() -> Iterator[str]:
    """Every file that the launcher consists of."""
    for folder in FOLDERS:
        yield from map(str, sorted((Path(__file__).resolve().parents[1] / folder).glob("*.py")))


def facts_of_file(seen: os.stat_result) -> list[int]:
    """What is no longer the same once anybody has written to a file: the kernel alone sets its ctime."""
    return [seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns]


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def private(seen: os.stat_result) -> bool:
    return seen.st_uid == os.getuid() and not seen.st_mode & 0o077
