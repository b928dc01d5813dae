"""Credentials shown to the switch by a pilot, many in one go, and what became of each."""

import itertools
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from testbed.lab.record import records
from testbed.model.attack import Attack
from testbed.model.effect import Cause
from testbed.model.problem import Problem
from testbed.pilot.caller import Caller
from testbed.pilot.probes import probe
from testbed.pilot.site_log import site_log
from testbed.pilot.stages.bystander import PYTHON
from testbed.pilot.witness import cause_in
from testbed.site.layout import SWITCH

SOON = 5.0
"""Seconds after which a call hangs; a usual one takes a twentieth of one."""
LIMIT = 180.0
"""Seconds for all of them, were each to hang: two are shown at a time."""
OWN = "the caller's own here"
"""What the bearer says of a copy for somebody else that belongs to its own account."""
UNWAITED = "nobody waited for its lock"
"""What it says of a file that it changed when the switch may have been through with it."""
_numbers = itertools.count(1)
_RUN = secrets.token_hex(4)
"""The log of the demo's node, which nobody empties, has the calls of other runs as well."""


@dataclass(frozen=True, slots=True)
class Card:
    """One credential to be shown; `testbed.node.probes.bearer` has the words of ``otherwise``."""

    attack: Attack | None
    """Of whose set it is; ``None``: it is good."""
    name: str
    path: str = ""
    otherwise: Mapping[str, str] | None = None
    """What happens to its file meanwhile, or whose payload it is taken from."""
    whose: str = ""
    """The DN for which alone it may be taken; empty: for nobody."""
    before: str = ""
    """The DN for which it was good until something happened to its file."""


@dataclass(frozen=True, slots=True)
class Reception:
    """What became of one."""

    card: Card
    code: int | None
    """``None``: the call was not back in time."""
    cause: Cause | None
    uid: str
    """Whom the kernel named to the payload that ran; empty when none did."""
    note: str = ""
    """What the caller saw besides."""
    ident: str = ""
    """By which its run is known in the site's log."""
    dns: tuple[str, ...] = ()
    """For whom the site's log has a run of it."""

    @property
    def ran(self) -> bool:
        """Whether anything was run, by the payload's or by the log's word."""
        return bool(self.uid or self.dns)

    @property
    def taken(self) -> bool:
        """Whether it was accepted for somebody whom it does not prove, or has made the switch hang.

        A file that was good until the switch was through with it proves nothing either way, if it was taken for what it
        was then.
        """
        was_good = self.note == UNWAITED and self.dns == (self.card.before,)
        return self.hung or (self.ran and self.dns != (self.card.whose,) and not was_good)

    @property
    def hung(self) -> bool:
        """Whether the call had no end."""
        return self.code is None

    def __str__(self) -> str:
        if self.note == OWN:
            came = OWN
        elif self.hung:
            came = f"hung for {SOON:g} s"
        elif self.ran:
            came = f"ran as uid {self.uid or '?'} for {' and '.join(self.dns) or 'nobody whom the log names'}"
        else:
            came = " ".join(filter(None, (str(self.code), str(self.cause or ""))))
        return f"{self.card.name}: {came}{f' ({self.note})' if self.note not in ('', OWN) else ''}"


def shown(caller: Caller, cards: Iterable[Card], good: Card) -> list[Reception]:
    """What became of each. Where the good one, shown last, is not taken, nothing follows from that: a `Problem`."""
    numbered = {f"shown-{_RUN}-{next(_numbers)}": card for card in (*cards, good)}
    plan = {
        "program": SWITCH,
        "limit": SOON,
        "shown": [
            {"ident": ident, **({"path": card.path} if card.path else {}), **(card.otherwise or {})}
            for ident, card in numbered.items()
        ],
    }
    said = caller.run(*PYTHON, json.dumps(plan), proxy=good.path, stdin=probe("bearer"), limit=LIMIT).check()
    return bad_ones([_reception(numbered[each["ident"]], each) for each in json.loads(said.text)])


def recorded(caller: Caller, came: Iterable[Reception]) -> list[Reception]:
    """The same, with what the site's log has of each."""
    site_log(caller.node)  # all is written
    runs = records(caller.node)
    return [replace(each, dns=tuple(run.dn for run in runs if f"%u {each.ident} " in run.command)) for each in came]


def bad_ones(came: Sequence[Reception]) -> list[Reception]:
    """All but the good one, which is the last."""
    good = came[-1]
    if good.hung or not good.uid:
        found = "; ".join(map(str, came))
        raise Problem("a good credential at the place of the bad ones was not taken either", found=found)
    return list(came[:-1])


def _reception(card: Card, said: Mapping[str, str | int | None]) -> Reception:
    code, ident = said["code"], str(said["ident"])
    assert code is None or isinstance(code, int)
    uid, _, who = str(said["out"]).strip().partition(" ")
    return Reception(card, code, cause_in(str(said["err"])), uid if who == ident else "", str(said["note"]), ident)
