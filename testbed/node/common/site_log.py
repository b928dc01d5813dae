"""The site's log, as every program of a node writes to it."""

import os
import socket

LONGEST_RECORD = 8192


def syslog(place: str, program: str, line: str, limit: float) -> None:
    """A line for the site (facility user, severity notice). Raises `OSError` when nobody takes it within seconds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.settimeout(limit)
        site.connect(place)
        site.send(f"<13>{program}[{os.getpid()}]: {line}".encode()[:LONGEST_RECORD])
