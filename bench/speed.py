"""How long one call takes, beside what it is compared with, all of them by turns in one run."""

import itertools
import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from bench.place import KEEPER, Place, Words
from bench.sites import by_dn_from_pool, by_dn_one_account, by_voms
from testbed.model.mode import Installation
from testbed.site.site import Site

BLOCK = 10
"""Rounds in one place before it is the next one's turn."""
TRUE = "/bin/true"
TARGET = "alpha001"
"""Whom the other programs become."""
LONGEST = 120.0
"""Seconds for one block; usual is one tenth of one for each round."""


@dataclass(frozen=True, slots=True)
class Series:
    """The times of one command, in milliseconds, in the order they were taken."""

    name: str
    what: str
    times: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half of the calls took no longer."""
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        """Nineteen of twenty calls took no longer."""
        return percentile(self.times, 95)

    @property
    def blocks(self) -> list[float]:
        """The medians of its blocks."""
        return [statistics.median(self.times[at : at + BLOCK]) for at in range(0, len(self.times), BLOCK)]

    @property
    def noise(self) -> float:
        """How far a block usually is from the one before it, though nothing but the machine's other work differs."""
        return statistics.median(abs(later - earlier) for earlier, later in itertools.pairwise(self.blocks))

    def beyond(self, other: "Series") -> float:
        """How much longer its blocks usually take than the other's, each held against the one of the same turn."""
        return statistics.median(ours - theirs for ours, theirs in zip(self.blocks, other.blocks, strict=True))


def percentile(values: Iterable[float], percent: float) -> float:
    """The lowest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


@dataclass(frozen=True, slots=True)
class Contest:
    """What is timed by turns in one place: plan entries by the name of their series, and what each is."""

    site: Site
    bearer: str
    """Whose proxy is presented: a newcomer's is plain, alice's has VOMS attributes."""
    prefix: str
    by_whom: str
    """As whom LCMAPS runs when the switch asks it."""
    others: bool = False
    """Whether the other programs run here as well."""

    def commands(self, place: Place) -> dict[str, tuple[str, dict[str, object]]]:
        """Series name -> what it is, plan entry."""
        pilot = place.pilots[0].name
        switch = place.switch(pilot, self.bearer, TRUE)
        lcmaps, child = place.lcmaps(self.by_whom, self.bearer), place.lcmaps_account(self.by_whom, self.bearer)
        entries = _others(pilot) if self.others else {}
        entries[f"{self.prefix}: LCMAPS itself"] = (
            "initialisation and first call in a process",
            {**lcmaps.plan, "policy": lcmaps.env["LCMAPS_POLICY_NAME"]},
            self.by_whom,
        )
        entries[f"{self.prefix}: lcmaps-account"] = (
            f"the switch's child for LCMAPS, as {self.by_whom}",
            {**child.plan, "answer": "\nuid "},
            self.by_whom,
        )
        entries[f"{self.prefix}: glexec"] = (f"glexec {TRUE} as {pilot}", switch.plan, pilot)
        return {
            name: (what, {**entry, "name": name, "account": account})
            for name, (what, entry, account) in entries.items()
        }


def _others(pilot: str) -> dict[str, tuple[str, dict[str, object], str]]:
    """Programs that change identities without asking a grid: what it is, plan entry, account."""
    words = {
        "nothing": ((TRUE,), pilot),
        "setpriv": (("/usr/bin/setpriv", f"--reuid={TARGET}", "--regid=alpha", "--init-groups", TRUE), "root"),
        "runuser": (("/usr/sbin/runuser", "-u", TARGET, "--", TRUE), "root"),
        "sudo": (("/usr/bin/sudo", "-n", "-u", TARGET, TRUE), pilot),
    }
    path = {"PATH": "/usr/sbin:/usr/bin"}
    return {
        name: (
            f"{' '.join((PurePosixPath(command[0]).name, *command[1:]))} as {account}",
            Words(command, path).plan,
            account,
        )
        for name, (command, account) in words.items()
    }


CONTESTS = (
    Contest(by_dn_from_pool(), "newcomer-01", "plain proxy, pool", KEEPER.name, others=True),
    Contest(by_dn_one_account(Installation.SETUID), "newcomer-01", "plain proxy, set-id", KEEPER.name),
    Contest(by_dn_one_account(Installation.LOG_ONLY), "newcomer-01", "plain proxy, log-only", "pilot01"),
    Contest(by_voms(), "alice", "VOMS proxy", KEEPER.name),
)
"""The second and the third have the same policy and the same map, so that they can be held against each other."""


def timed(places: Mapping[str, Place], rounds: int) -> dict[str, Series]:
    """The series of all contests; ``places`` has a place for the prefix of each."""
    commands = {contest.prefix: contest.commands(places[contest.prefix]) for contest in CONTESTS}
    taken: dict[str, list[float]] = {}
    for done in range(0, rounds, BLOCK):
        for prefix, entries in commands.items():
            plan = {"rounds": min(BLOCK, rounds - done), "commands": [entry for _, entry in entries.values()]}
            for name, times in places[prefix].run("stopwatch", plan, LONGEST).items():
                taken.setdefault(name, []).extend(times)
    what = {name: text for entries in commands.values() for name, (text, _) in entries.items()}
    return {name: Series(name, what[name], tuple(times)) for name, times in taken.items()}
