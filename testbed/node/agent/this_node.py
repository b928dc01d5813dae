"""What the pilot sees of its node: its memory, and other pilots."""

import contextlib
import os
import re
import sys
from pathlib import Path


def pilots() -> int | None:
    """How many pilots of this program are on the node, ourselves included; nothing where that cannot be seen."""
    program, found = os.fsencode(sys.argv[0]), set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().rstrip(b"\0").split(b"\0")
            if words[-2:-1] == [program]:
                found.add(words[-1])
    return len(found) or None


def memory() -> int:
    """MiB that this machine could still give a payload; 0 where nobody knows."""
    with contextlib.suppress(OSError), open("/proc/meminfo") as file:
        found = re.search(r"^MemAvailable: +(\d+) kB$", file.read(), re.MULTILINE)
        return int(found[1]) // 1024 if found else 0
    return 0
