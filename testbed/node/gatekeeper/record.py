"""What the gatekeeper says: to the site's log, and to whoever looks after the site."""

import contextlib
import os
import socket

from .account import Account

SITE_LOG = "/dev/log"
GRACE = 2.0
LONGEST_RECORD = 8192


def record(account: Account, what: str) -> None:
    """A line in the site's log: whose a job is, and as whom it runs. Raises `OSError` when nobody takes it."""
    line = f'{what} for "{account.dn}" as {account.name} (uid {account.uid}, gid {account.gid})'
    printable = "".join(each if each.isprintable() else "?" for each in line)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.settimeout(GRACE)
        site.connect(SITE_LOG)
        site.send(f"<13>gatekeeper[{os.getpid()}]: {printable}".encode()[:LONGEST_RECORD])


def log(line: str) -> None:
    """A line for whoever looks after the site."""
    with contextlib.suppress(OSError):
        os.write(2, f"gatekeeper: {line}\n".encode())
