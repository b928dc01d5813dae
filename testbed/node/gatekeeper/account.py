"""As whom a job runs, and why there may be nobody."""

import contextlib
import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass

DENIED, FAILED = 203, 202


class Refused(Exception):
    """LCMAPS gives no account."""

    code = DENIED
    failure = "denied"
    words = "the gatekeeper maps this user to nobody"


class Undecided(Refused):
    """Nobody could say whether there is one: the site's fault, and not the user's."""

    code = FAILED
    failure = "internal"
    words = "the gatekeeper could not learn this user's account"


@dataclass(frozen=True, slots=True)
class Account:
    """As whom a job runs."""

    uid: int
    gid: int
    groups: Sequence[int]
    dn: str = ""
    """Whose it is for this job, as LCMAPS says."""

    @property
    def name(self) -> str:
        """Its name, or its number."""
        with contextlib.suppress(KeyError):
            return pwd.getpwuid(self.uid).pw_name
        return str(self.uid)


def become(account: Account) -> None:
    """Be somebody else for good."""
    os.setgroups(account.groups)
    os.setresgid(account.gid, account.gid, account.gid)
    os.setresuid(account.uid, account.uid, account.uid)
