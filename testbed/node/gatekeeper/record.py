"""What the gatekeeper says: to the site's log, and to whoever looks after the site."""

import contextlib
import os

from ..common.site_log import syslog
from .account import Account

SITE_LOG = "/dev/log"
GRACE = 2.0


def record(account: Account, what: str) -> None:
    """A line in the site's log: whose a job is, and as whom it runs. Raises `OSError` when nobody takes it."""
    line = f'{what} for "{account.dn}" as {account.name} (uid {account.uid}, gid {account.gid})'
    printable = "".join(each if each.isprintable() else "?" for each in line)
    syslog(SITE_LOG, "gatekeeper", printable, GRACE)


def log(line: str) -> None:
    """A line for whoever looks after the site."""
    with contextlib.suppress(OSError):
        os.write(2, f"gatekeeper: {line}\n".encode())
