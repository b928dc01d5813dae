"""Many newcomers ask for their first pool account at the same moment: how many go away without one?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.place import KEEPER, PLACE, Place, Words

LONGEST = 10.0
"""Seconds for one round; usual is one."""
GRIDMAPDIR = "/etc/grid-security/gridmapdir"
_UID = re.compile(r"^uid (\d+)$", re.MULTILINE)
PAYLOAD = ("/usr/bin/stat", "-L", "--printf", "uid %u\\n", "/proc/self")


@dataclass(frozen=True, slots=True)
class Race:
    """What came of all first mappings, round by round into a gridmapdir without leases."""

    how: str
    newcomers: int
    rounds: int
    failed: int
    codes: dict[str, int]
    """The exit codes of those that failed."""
    shared: int
    """Newcomers who got an account that another one of their round has."""

    @property
    def asked(self) -> int:
        """First mappings in all."""
        return self.newcomers * self.rounds


def through_the_switch(place: Place, names: Sequence[str], rounds: int) -> Race:
    """Everybody's payload says who it is."""
    words = place.switch("{account}", "{name}", *PAYLOAD)
    return _race("glexec", place, words, [pilot.name for pilot in place.pilots], names, rounds)


def plain_lcmaps(place: Place, names: Sequence[str], rounds: int) -> Race:
    """The same by LCMAPS itself, in a process for each newcomer, for scale."""
    return _race("LCMAPS itself", place, place.lcmaps(KEEPER.name, "{name}"), [KEEPER.name], names, rounds)


def _race(how: str, place: Place, words: Words, accounts: Sequence[str], names: Sequence[str], rounds: int) -> Race:
    plan = {
        "words": words.words,
        "env": words.env,
        "proxy": f"{PLACE}/{{account}}/{{name}}",
        "policy": words.env.get("LCMAPS_POLICY_NAME", ""),
        "accounts": list(accounts),
        "names": list(names),
        "gridmapdir": GRIDMAPDIR,
        "rounds": rounds,
    }
    return judged(how, place.run("newcomers", plan, LONGEST * (1 + rounds)))


def judged(how: str, rounds: Sequence[Sequence[dict[str, str | int]]]) -> Race:
    """What the rounds come to. Who ends well without an account has failed as well."""
    codes: dict[str, int] = {}
    shared = 0
    for one in rounds:
        got: list[str] = []
        for newcomer in one:
            uid = _UID.search(str(newcomer["said"]))
            if newcomer["code"] == 0 and uid:
                got.append(uid[1])
            else:
                codes[str(newcomer["code"])] = codes.get(str(newcomer["code"]), 0) + 1
        shared += len(got) - len(set(got))
    return Race(how, max(map(len, rounds)), len(rounds), sum(codes.values()), codes, shared)
