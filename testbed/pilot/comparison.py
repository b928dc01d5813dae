"""One workload through one kind of job on a farm, and what is measured of it."""

import dataclasses
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.lab.farm import FarmNode
from testbed.lab.wait import eventually
from testbed.model.problem import Problem
from testbed.pilot.client import Vo
from testbed.pilot.kinds import SLOTS, Way
from testbed.pilot.payload import Payload
from testbed.pilot.workload import Ran, tally

LIMIT = 60.0
"""Seconds within which each payload has to end."""
LOG = "/var/log/glexec.log"
_CALLS = rf"sed -n 's/.* \(glexec\[[0-9]*\]\):.*/\1/p' {LOG} 2>/dev/null | sort -u | wc -l"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one workload came to. Times are in seconds."""

    way: str
    payloads: int
    ran: int
    lost: int
    absorbed: int
    """Payloads that had been returned or lost, and then ran elsewhere."""
    wait: float
    """The median, from submission until the payload's first word."""
    wait_p95: float
    first: float
    """The median of the first payloads, one for each slot: what it takes until a pilot or job is there."""
    turn: float
    """The median from the end of a payload until the next one in its slot: what it takes once they are there."""
    idle: float
    """Slot seconds without a payload, from the first submission to the last end."""
    whole: float
    """From the first submission to the last end."""
    pilots: int
    """Pilots, or jobs, that were sent."""
    switch_calls: int
    beside: int
    """The most other users into whose payloads one could look."""
    mixed: int
    """Pilots, of those that ran payloads of several users, of which two users' payloads had the same account."""
    accounts: int
    """Accounts that payloads ran as."""
    standing: tuple[str, ...] = ()
    """What was thought of each node at the end."""

    @property
    def idle_each(self) -> float:
        """Idle slot seconds for each payload that ran: what it costs to go from one payload to the next."""
        return self.idle / max(1, self.ran)


def measured(
    vo: Vo, nodes: Sequence[FarmNode], account: str, way: Way, slot: str, workload: Sequence[Payload]
) -> Figures:
    """Put a workload through a kind of job; its pilots run as ``account``, where they are the VO's."""
    calls = _switch_calls(nodes)
    submitted, queued = {}, {}
    for payload in workload:
        ident = vo.submit(payload)
        submitted[ident], queued[ident] = time.clock_gettime(time.CLOCK_BOOTTIME), payload
    plans = way.plans(slot, [node.reached(account) for node in nodes])
    for plan in plans:
        vo.start_fleet(plan)
    seen = tally(vo, queued, limit=LIMIT)
    shown = [each for each in vo.fleets() if each["plan"]["name"] in {plan.name for plan in plans}]
    if not eventually(lambda: not _out(vo, slot), within=LIMIT, every=0.1):
        raise Problem("pilots do not end though nothing waits", where=way.name, found=str(_out(vo, slot)))
    sent = sum(each["sent"] for each in vo.fleets() if each["plan"]["name"] in {plan.name for plan in plans})
    for plan in plans:
        vo.stop_fleet(plan.name)
    waits = sorted(ran.began - submitted[ran.payload] for ran in seen.ran)
    whole = max((ran.ended for ran in seen.ran), default=0.0) - min(submitted.values())
    busy = sum(ran.ended - ran.began for ran in seen.ran)
    return Figures(
        way.name,
        len(workload),
        len(seen.ran),
        len(seen.lost),
        sum(ran.attempts > 1 for ran in seen.ran),
        _median(waits),
        waits[int(0.95 * (len(waits) - 1))] if waits else 0.0,
        _median(waits[: SLOTS * len(nodes)]),
        _median(turns(seen.ran)),
        SLOTS * len(nodes) * whole - busy,
        whole,
        sent,
        _switch_calls(nodes) - calls,
        max((ran.beside for ran in seen.ran), default=0),
        _mixed(seen.ran),
        len({(ran.host, ran.account) for ran in seen.ran}),
        tuple(node["standing"] for node in shown[0]["nodes"]),
    )


def turns(ran: Sequence[Ran]) -> list[float]:
    """The times from the end of each payload until another began on its node, the first that ended first."""
    found = []
    for host in {each.host for each in ran}:
        here = [each for each in ran if each.host == host]
        free: list[float] = []
        for when, ends in sorted([(each.began, False) for each in here] + [(each.ended, True) for each in here]):
            if ends:
                free.append(when)
            elif free:
                found.append(when - free.pop(0))
    return found


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0


def _mixed(ran: Sequence[Ran]) -> int:
    """Pilots under which payloads of two users had one account."""
    by_account: dict[tuple[str, str], set[str]] = {}
    for each in ran:
        by_account.setdefault((each.pilot, each.account), set()).add(each.user)
    return len({pilot for (pilot, _), users in by_account.items() if len(users) > 1})


def _out(vo: Vo, slot: str) -> int:
    """Pilots of the fleets of a slot that are out."""
    mine = [each for each in vo.fleets() if each["plan"]["order"]["slot"] == slot]
    return sum(node["pilots"] for each in mine for node in each["nodes"])


def _switch_calls(nodes: Sequence[FarmNode]) -> int:
    """Processes of the switch that the nodes' logs tell of."""
    return sum(int(node.host.run(["sh", "-c", _CALLS], limit=10).text) for node in nodes)


def as_json(figures: Figures) -> dict[str, object]:
    """For programs."""
    return {**dataclasses.asdict(figures), "idle_each": figures.idle_each}
