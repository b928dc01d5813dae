"""Many callers at once for a while: did everybody become who they should, and does the site know of every run?"""

import collections
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from bench.speed import percentile
from testbed.credentials.grid import Bearer
from testbed.lab.record import Record, records
from testbed.lab.world import World
from testbed.model.problem import Problem
from testbed.pilot.caller import Caller
from testbed.pilot.callers import CODES, Call, call_at_once
from testbed.site.site import Site

USERS = ("alice", "alice-production", "bob", "carol")
AT_ONCE = 64
LIMIT = 10.0
NUMBERED = re.compile(r"%u (?P<user>\S+) (?P<number>\d+)\\x5Cn")
"""What a payload is told to print, as the record of its command has it."""

Rightful = Callable[[str, int], bool]
"""Whether a uid is this user's, by the leases."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of all calls."""

    callers: int
    seconds: float
    """How long new calls were made."""
    calls: int
    good: int
    codes: dict[str, int]
    """Exit codes other than the payload's own, each with its number of calls; ``hung`` is one of them."""
    wrong: tuple[str, ...]
    """Payloads that ran as somebody they should not have been."""
    lost: tuple[str, ...]
    """Payloads that ran, and of which the log has no start and end with one pid that say just that."""
    p50: float
    p95: float
    longest: float
    """Milliseconds of a call that went well."""

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds


def under_load(world: World, seconds: float, at_once: int = AT_ONCE) -> Load:
    """So many callers, shared by all pilot accounts, for the usual users by turns."""
    for user in USERS:
        if (first := Caller(world.node, world.site, world.grid).call("/bin/true", user=user)).code != 0:
            raise Problem("a single call fails already", where=f"for {user}", found=first.ending)
    calls = call_at_once(world.node, world.site.pilot_accounts, world.grid, USERS, many=at_once, seconds=seconds)
    bearers = {user: world.grid.bearer(user) for user in USERS}
    times = [1000 * call.seconds for call in calls if call.good]
    if not times:
        raise Problem("no call under load went well", found=str(_codes(calls)))
    return Load(
        at_once,
        seconds,
        len(calls),
        len(times),
        _codes(calls),
        tuple(wrong_identities(calls, rightful(world.site, bearers, _leases(world)))),
        tuple(lost_records(calls, records(world.node), world.site, bearers)),
        percentile(times, 50),
        percentile(times, 95),
        max(times),
    )


def _codes(calls: Sequence[Call]) -> dict[str, int]:
    bad = (call for call in calls if not call.good)
    return dict(collections.Counter("hung" if call.code is None else str(call.code) for call in bad))


def _leases(world: World) -> dict[str, str]:
    """Account -> who has it on lease: the lower-cased DN, and behind colons the groups."""
    listing = world.node.run(["find", "/etc/grid-security/gridmapdir", "-type", "f", "-printf", "%i %f\n"], limit=LIMIT)
    names: dict[str, list[str]] = {}
    for line in listing.text.splitlines():
        inode, _, name = line.partition(" ")
        names.setdefault(inode, []).append(name)
    pairs = (sorted(both) for both in names.values() if len(both) == 2)  # % comes before letters
    return {account: unquote(lease) for lease, account in pairs}


def rightful(site: Site, bearers: dict[str, Bearer], leases: dict[str, str]) -> Rightful:
    """Judges by what the switch has no hand in: LCMAPS' leases, and the pools that the site's own files give."""
    accounts = {account.uid: (account.name, pool) for pool in site.pools for account in pool.accounts}

    def judge(user: str, uid: int) -> bool:
        bearer = bearers[user]
        name, pool = accounts.get(uid, ("", None))
        holder = leases.get(name, "").partition(":")[0]
        return holder == bearer.dn.lower() and pool is not None and pool.prefix == site.pool_of(bearer.fqans, bearer.dn)

    return judge


def wrong_identities(calls: Sequence[Call], is_rightful: Rightful) -> list[str]:
    """The calls whose payload was somebody else, or was not the one that was asked for."""
    wrong = []
    for call in calls:
        ran_as = call.uid
        if (ran_as is None and call.out) or (ran_as is not None and not is_rightful(call.user, ran_as)):
            wrong.append(f"call {call.number} for {call.user} by {call.caller}: {call.out!r}")
    return wrong


def lost_records(calls: Sequence[Call], runs: Sequence[Record], site: Site, bearers: dict[str, Bearer]) -> list[str]:
    """The payloads that ran and of which the log does not tell, or not beyond doubt. A refused call ran none."""
    uids = {account.name: account.uid for pool in site.pools for account in pool.accounts}
    told: dict[int, list[Record]] = {}
    for run in runs:
        if found := NUMBERED.search(run.command):
            told.setdefault(int(found["number"]), []).append(run)
    lost = []
    for call in calls:
        if call.uid is None:
            continue
        match told.get(call.number, []):
            case [run]:
                says = (run.joined, run.dn, run.caller, uids.get(run.account), run.code)
                ran = (True, bearers[call.user].dn, call.caller, call.uid, call.number % CODES)
                if says != ran:
                    lost.append(f"call {call.number}: the log says {says}, it was {ran}")
            case several:
                lost.append(f"call {call.number}: {len(several)} runs in the log")
    return lost
