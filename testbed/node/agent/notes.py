"""What the pilots of an account know of their node's switch, in a file that they share."""

import contextlib
import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from .log import log

LONGEST_NOTE = 4096


class Notes:
    """What this account's pilots have seen of the node's switch. Payloads with the pilot's uid could forge it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def held(self) -> Iterator["Seen"]:
        """What is known, for us alone meanwhile; what is changed in it is kept. Unknown where it cannot be."""
        descriptor = self._taken()
        try:
            seen = Seen(None, None) if descriptor is None else Seen.parse(os.pread(descriptor, LONGEST_NOTE, 0))
            # A run that cannot be counted is none that a condition may count on.
            known = descriptor is not None and kept(descriptor, seen)
            yield seen if known else Seen(None, None)
            if descriptor is not None and known:
                kept(descriptor, seen)
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _taken(self) -> int | None:
        """The file, for us alone; nothing where it cannot be had, or where a payload has put something else there."""
        descriptor = None
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(self._path, flags, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # another pilot may be at it, or a payload
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return descriptor
            log("nothing can be noted of the switch: there is something else in the place of the file")
        except OSError as error:
            log(f"nothing can be noted of the switch: {error}")
        if descriptor is not None:
            os.close(descriptor)
        return None


def kept(descriptor: int, seen: "Seen") -> bool:
    """Whether what is known could be written: a disk may be full."""
    text = json.dumps(asdict(seen)).encode()
    try:
        written = os.pwrite(descriptor, text, 0)
        os.ftruncate(descriptor, written)
    except OSError as error:
        log(f"nothing can be noted of the switch: {error}")
        return False
    return written == len(text)


@dataclass(slots=True)
class Seen:
    """When the switch last worked here (seconds since 1970), and how many payloads have run without it since."""

    worked: float | None
    runs: int | None

    @classmethod
    def parse(cls, text: bytes) -> "Seen":
        """What stands in the file; in a new one that nothing has happened yet."""
        if not text:
            return cls(None, 0)
        with contextlib.suppress(ValueError, KeyError, TypeError, OverflowError, RecursionError):
            data = json.loads(text)
            worked = data["worked"]
            return cls(None if worked is None else float(worked), int(data["runs"]))
        return cls(None, None)

    @property
    def well(self) -> float | None:
        """Minutes since the switch last worked."""
        return None if self.worked is None else max(time.time() - self.worked, 0.0) / 60
