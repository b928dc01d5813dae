"""Many small payloads of several users, the same ones for the same seed, and when each of them ran in its own words."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from testbed.pilot.client import Vo
from testbed.pilot.needs import Needs
from testbed.pilot.payload import Payload, Report, State

SCRIPT = """\
read -r now rest </proc/uptime
neighbours=0
for each in /proc/[0-9]*; do
    tr '\\0' '\\n' <"$each/cmdline" 2>/dev/null | grep -qx "$0" || continue
    [ "${each#/proc/}" = "$$" ] || cat "$each/environ" >/dev/null 2>&1 && neighbours=$((neighbours + 1))
done
sleep "$1"
read -r then rest </proc/uptime
echo "$now $then $neighbours"
"""
"""Says when it began and ended, by the clock that all containers of a machine share, and of how many payloads beside it
it can open what only their owner and root may open. It counts itself as one."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A payload that has run, in its own words. Seconds are of the machine's, since it was booted."""

    payload: str
    user: str
    began: float
    ended: float
    neighbours: int
    """Other payloads whose environment it could read."""
    account: str
    host: str
    pilot: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a workload."""

    reports: Sequence[Report]
    ran: Sequence[Ran]

    @property
    def lost(self) -> list[str]:
        """The payloads that were returned for good, lost or hung."""
        return [report.payload for report in self.reports if report.state is not State.ENDED]


def payloads(
    many: int, users: Sequence[str], slot: str, seed: int, seconds: tuple[float, float], **more: int
) -> list[Payload]:
    """So many payloads, of the users by turns, each of a length between these; every fifth one needs 256 MiB."""
    chance = random.Random(seed)  # noqa: S311  no secret: the same workload each time is the point
    lengths = [chance.uniform(*seconds) for _ in range(many)]
    mark = f"workload-{slot}"
    return [
        Payload(
            users[number % len(users)],
            ("/bin/sh", "-c", SCRIPT, mark, f"{length:.2f}"),
            slot=slot,
            limit=60,
            needs=Needs(memory=256 if number % 5 == 4 else 0),
            attempts=more.get("attempts", 1),
        )
        for number, length in enumerate(lengths)
    ]


def tally(vo: Vo, idents: Iterable[str], *, limit: float) -> Tally:
    """Wait for the end of every payload, at most so many seconds for each."""
    told = [(vo.wait(ident, limit=limit), ident) for ident in idents]
    reports = [report for report, _ in told]
    return Tally(reports, [_ran(vo, report) for report in reports if report.state is State.ENDED])


def _ran(vo: Vo, report: Report) -> Ran:
    began, ended, neighbours = report.out.split()
    assert report.identity is not None
    user = vo.history(report.payload)[0].user
    who = report.identity
    return Ran(report.payload, user, float(began), float(ended), int(neighbours) - 1, who.user, who.host, report.pilot)
