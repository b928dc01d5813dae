"""What a process sees mounted, from its mountinfo."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system: where, of which kind, and with which options, its own and its superblock's."""

    point: str
    kind: str
    options: tuple[str, ...]


def mount_of(path: str, mountinfo: str) -> Mount:
    """The mount that a path lies on, from the text of proc_pid_mountinfo(5). Paths are taken as they are written."""
    best = Mount("", "", ())
    for line in mountinfo.splitlines():
        mine, _, super_block = line.partition(" - ")
        point, options = mine.split()[4:6]
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), point)
        above = point == "/" or path == point or path.startswith(f"{point}/")
        if above and len(point) >= len(best.point):  # of two at one place the later one covers the earlier
            kind, _, more = super_block.split(" ", 2)
            best = Mount(point, kind, tuple(dict.fromkeys([*options.split(","), *more.split(",")])))
    return best
