"""What the pilot says: to whoever looks after pilots, and to the site."""

import contextlib
import os
import socket

LONGEST_LINE = 4096
RECORD_LIMIT = 10.0
"""Seconds in which the site has to take a line."""


def log(line: str) -> None:
    """A line for whoever looks after pilots, one whatever is in it. A reader that is gone is no reason to fail."""
    said = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in line[:LONGEST_LINE])
    with contextlib.suppress(OSError):
        os.write(2, f"pilot: {said}\n".encode())


def syslog(place: str, line: str) -> None:
    """A line for the site (facility user, severity notice). Raises `OSError` when nobody takes it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.settimeout(RECORD_LIMIT)
        site.connect(place)
        site.send(f"<13>pilot[{os.getpid()}]: {line}".encode()[:8192])
