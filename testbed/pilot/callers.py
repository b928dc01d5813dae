"""Many calls of the switch at once, made on the worker node itself: what each of them was, and what came of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.credentials.grid import Grid
from testbed.lab.host import Host
from testbed.lab.layout import NODE
from testbed.model.entry import Entry, folder
from testbed.site.layout import SWITCH
from testbed.site.pool import Account

PLACE = "/tmp/callers"
"""Where the accounts keep everybody's proxies, and the plan lies."""
LIMIT = 30.0
"""Seconds for one call; usual is a tenth of one when nobody else calls."""
CODES = 100
"""Call number n ends with n % 100 when all goes well, as `testbed/node/callers.py` has it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as its caller saw it."""

    number: int
    user: str
    """For whom."""
    caller: str
    """By which pilot account."""
    code: int | None
    """Exit code, 128+n or -n by a signal; ``None`` when it hung."""
    out: str
    err: str
    seconds: float

    @property
    def uid(self) -> int | None:
        """Whom the payload's kernel named, if the payload of just this call began."""
        words = self.out.split()
        return int(words[0]) if words[1:] == [self.user, str(self.number)] else None

    @property
    def good(self) -> bool:
        """Whether its payload ran and its own exit code came back."""
        return self.uid is not None and self.code == self.number % CODES


def call_at_once(
    node: Host,
    accounts: Sequence[Account],
    grid: Grid,
    users: Sequence[str],
    *,
    many: int,
    seconds: float | None = None,
    pilot: str = "",
) -> list[Call]:
    """So many calls at once from these pilot accounts for these users by turns; again and again for ``seconds``.

    Without ``seconds`` each caller calls once, and no payload ends before all have begun. ``pilot`` is whose proxy the
    callers show for themselves, where there is an authority that wants to see it.
    """
    plan = {
        "switch": SWITCH,
        "accounts": [account.name for account in accounts],
        "users": list(users),
        "proxies": f"{PLACE}/{{account}}/{{user}}",
        "at_once": many,
        "limit": LIMIT,
        "seconds": seconds,
        "pilot": pilot,
    }
    everybody = [*users, pilot] if pilot else users
    node.put([*_proxies(accounts, grid, everybody), Entry(f"{PLACE}/plan.json", json.dumps(plan).encode())], limit=10)
    command = ["python3", f"{NODE}/callers.py", f"{PLACE}/plan.json"]
    told = json.loads(node.run(command, limit=(seconds or 0) + 3 * LIMIT).text)
    return sorted((Call(**call) for call in told), key=lambda call: call.number)


def _proxies(accounts: Sequence[Account], grid: Grid, users: Sequence[str]) -> list[Entry]:
    entries = [folder(PLACE)]
    for account in accounts:
        owner = (account.uid, account.group.gid)
        entries.append(folder(f"{PLACE}/{account.name}", 0o700, *owner))
        for user in users:
            content = grid.read(grid.bearer(user).file)
            entries.append(Entry(f"{PLACE}/{account.name}/{user}", content, 0o600, *owner))
    return entries
