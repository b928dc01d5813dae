"""Whose turn it is: the waiting payload that a pilot is handed next, and why others are passed over."""

import itertools
import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence

from testbed.pilot.bans import Ban, Bans
from testbed.pilot.history import QUEUE
from testbed.pilot.needs import Offer
from testbed.pilot.payload import State
from testbed.pilot.records import Records

WAITS = "waits: "

Lasts = Callable[[str], float]
"""Seconds that the proxy of an owner will still be good for."""
Names = Callable[[str], tuple[str, Sequence[str]]]
"""The DN of an owner, and his VOMS attributes."""
Person = Callable[[str], str]
"""The DN of an owner."""
Proves = Callable[[str, str, Collection[str]], bool]
"""Whether an owner's proxy still proves this VO and these roles."""


class Turn:
    """The highest priority first, then the oldest, of what fits and whose owner can have it run by now."""

    def __init__(self, records: Records, bans: Bans, person: Person, proves: Proves) -> None:
        self._records = records
        self._bans = bans
        self._person = person
        self._proves = proves
        self._passed: set[int] = set()

    def first(self, pilot: str, offer: Offer, lasts: Lasts, names: Names) -> sqlite3.Row | None:
        """The payload that a pilot is to have; what is passed over has a line that says why, once."""
        for row in self._records.waiting(pilot, offer):
            if not _meant(row, offer) or not offer.takes(*names(row["owner"]), row["vo"]):
                continue
            if not (lack := self._lack(row, offer, lasts)):
                return row
            if row["number"] not in self._passed:  # said once, and once more after each beginning
                self.pass_over(row, lack, QUEUE)
        return None

    def owners(self, offer: Offer, most: int, lasts: Lasts) -> Sequence[str]:
        """The owners of the payloads that a new pilot with this offer could take, in the order of their turn."""
        rows = (row for row in self._records.waiting("", offer) if _meant(row, offer))
        fit = (row["owner"] for row in rows if not self._lack(row, offer, lasts))
        return list(itertools.islice(fit, most))

    def pass_over(self, row: sqlite3.Row, lack: str, who: str) -> None:
        """Say of what waits why it is not handed out. Inside of `Store.change`, or alone."""
        self._passed.add(row["number"])
        self._records.note(row["number"], who, State.QUEUED, WAITS + lack)

    def say_again(self, numbers: Iterable[int]) -> None:
        """What keeps these waiting is another thing from now on."""
        self._passed.difference_update(numbers)

    def banned(self, owner: str) -> Ban | None:
        """The ban of an owner, if there is one."""
        return self._bans.find(self._person(owner))

    def _lack(self, row: sqlite3.Row, offer: Offer, lasts: Lasts) -> str:
        """Why a waiting payload's owner cannot have it run by now; empty: for no reason."""
        owner = row["owner"]
        if ban := self.banned(owner):
            return f"{owner} is {ban}"
        if lasts(owner) < offer.start_limit + row["seconds"]:
            return f"the proxy of {owner} ends too early, or is trusted no more"
        if not self._proves(owner, row["vo"], json.loads(row["roles"])):
            return f"the proxy of {owner} proves its VO or its roles no more"
        return ""


def _meant(row: sqlite3.Row, offer: Offer) -> bool:
    """Whether a waiting payload may go to such a pilot."""
    if offer.vos and row["vo"] not in offer.vos:
        return False
    return offer.owners is None or row["owner"] in offer.owners
