"""Everybody at once: thousands of light callers within a second, and as many real switches as a small node can take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.crowd import newcomers
from bench.load import USERS, Rightful, wrong_identities
from bench.service import sites
from bench.service.asked import Asked
from bench.service.asking import argus, certificates, named
from bench.service.generator import Generator
from bench.speed import percentile
from testbed.credentials.grid import Bearer
from testbed.lab.control import Line
from testbed.lab.world import LeasedWorld
from testbed.pilot.callers import Call, call_at_once
from testbed.site.site import Site

WITHIN = 1.0
"""Seconds in which all begin."""
PILOT = "pilot"


def light(world: LeasedWorld, generator: Generator, callers: int) -> Asked:
    """So many callers with a connection of their own, each for somebody whom the service has never seen.

    Right is the answer with the account of just this user.
    """
    host = world.authorities[0].name
    pilot = certificates(world.grid.read(world.grid.bearer(PILOT).file))
    people = newcomers(world.grid, callers).values()
    generator.plan(
        [
            argus(host, certificates(proxy), pilot, named(sites.account(number)))
            for number, proxy in enumerate(people, start=1)
        ]
    )
    return generator.ask("argus", 8154, callers, callers, within=WITHIN)


@dataclass(frozen=True, slots=True)
class Calls:
    """What came of all switches."""

    calls: int
    good: int
    wrong: tuple[str, ...]
    """Payloads that ran as somebody they should not have been."""
    p50: float
    p95: float
    """Milliseconds of a call that went well; no payload ends before all have begun."""


def real(world: LeasedWorld, many: int) -> Calls:
    """So many switches at one moment, each with its own LCMAPS, which asks."""
    since = {host.label: host.control.log()[-1].number for host in world.authorities if host.control.log()}
    calls = call_at_once(world.node, world.site.pilot_accounts, world.grid, USERS, many=many, pilot=PILOT)
    decisions = [line for host in world.authorities for line in host.control.log(since.get(host.label, 0))]
    bearers = {user: world.grid.bearer(user) for user in USERS}
    return judged(calls, rightful(world.site, bearers, decisions))


def judged(calls: Sequence[Call], is_rightful: Rightful) -> Calls:
    """What all calls come to."""
    times = [1000 * call.seconds for call in calls if call.good] or [float("inf")]
    return Calls(
        len(calls),
        sum(call.good for call in calls),
        tuple(wrong_identities(calls, is_rightful)),
        percentile(times, 50),
        percentile(times, 95),
    )


def rightful(site: Site, bearers: Mapping[str, Bearer], decisions: Sequence[Line]) -> Rightful:
    """Judges by the services' own logs, and by the pools that the site's files give."""
    granted = {(line.text("subject"), line.text("account")) for line in decisions if line.text("decision") == "Permit"}
    accounts = {account.uid: (account.name, pool.prefix) for pool in site.pools for account in pool.accounts}

    def judge(user: str, uid: int) -> bool:
        bearer = bearers[user]
        name, prefix = accounts.get(uid, ("", ""))
        return (bearer.dn, name) in granted and prefix == site.pool_of(bearer.fqans, bearer.dn)

    return judge
