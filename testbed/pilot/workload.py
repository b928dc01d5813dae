"""Many small payloads of several users, the same ones for the same seed, and when each of them ran in its own words."""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from testbed.pilot.client import Vo
from testbed.pilot.needs import Needs
from testbed.pilot.payload import Payload, Report, State

USERS = ("alice", "bob", "alice-production")
SHORT, LONG = 5.0, 60.0
"""Seconds that a payload asks for: the shorter half and the longer half."""
BIG = 256
"""MiB that every fifth payload asks for."""
SCRIPT = """\
read -r began rest </proc/uptime
seen= beside=0
for each in /proc/[0-9]*; do
    read -r name <"$each/comm" && [ "$name" = sh ] || continue
    words=$(tr '\\0' '\\n' <"$each/cmdline") && cat "$each/environ" >/dev/null || continue
    case $words in *"$0"*) user=${words##*[[:space:]]} ;; *) continue ;; esac
    case " $2 $seen " in *" $user "*) ;; *) seen="$seen $user" beside=$((beside + 1)) ;; esac
done 2>/dev/null
sleep "$1"
read -r ended rest </proc/uptime
echo "$began $ended $beside"
"""
"""Says when it began and ended, by the clock that all containers of a machine share, and of how many other users'
payloads beside it it could read the environment, which the kernel lets only the same account do."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A payload that has run, in its own words. Times are in seconds since the machine was booted."""

    payload: str
    user: str
    began: float
    ended: float
    beside: int
    """Other users of whose payloads it could read the environment."""
    account: str
    host: str
    pilot: str
    attempts: int
    """How often it was handed out."""


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
    many: int,
    slot: str,
    *,
    seed: int = 1,
    seconds: tuple[float, float] = (0.1, 0.5),
    users: Sequence[str] = USERS,
    attempts: int = 1,
) -> list[Payload]:
    """So many payloads, of the users by turns, each of a length between these."""
    chance = random.Random(seed)  # noqa: S311  the same workload each time is the point
    lengths = [chance.uniform(*seconds) for _ in range(many)]
    return [
        Payload(
            users[number % len(users)],
            ("/bin/sh", "-c", SCRIPT, f"workload-{slot}", f"{length:.2f}", users[number % len(users)]),
            slot=slot,
            limit=SHORT if length < sum(seconds) / 2 else LONG,
            needs=Needs(memory=BIG if number % 5 == 4 else 0),
            attempts=attempts,
        )
        for number, length in enumerate(lengths)
    ]


def tally(vo: Vo, queued: Mapping[str, Payload], *, limit: float) -> Tally:
    """Wait for the end of every payload, at most so many seconds for all of them."""
    deadline = time.monotonic() + limit
    reports = [vo.wait(ident, limit=max(0.001, deadline - time.monotonic())) for ident in queued]
    ended = [report for report in reports if report.state is State.ENDED]
    return Tally(reports, [_ran(vo, report, queued[report.payload].user) for report in ended])


def _ran(vo: Vo, report: Report, user: str) -> Ran:
    began, ended, beside = report.out.split()
    who = report.identity
    assert who is not None
    attempts = sum(change.state is State.TAKEN for change in vo.history(report.payload)[2])
    return Ran(
        report.payload, user, float(began), float(ended), int(beside), who.user, who.host, report.pilot, attempts
    )
