"""The VO's task queue: who takes which payload, what has been reported of it, and everything that happened to it.

What a method has returned outlives the process. Used from one thread.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from testbed.model.failure import Failure
from testbed.model.problem import Problem
from testbed.pilot import records
from testbed.pilot.bans import Ban, Bans
from testbed.pilot.history import QUEUE, Change, Line
from testbed.pilot.leases import LEASE, Leases
from testbed.pilot.needs import Offer
from testbed.pilot.payload import NEXT, Payload, Report, State
from testbed.pilot.records import Records, ident
from testbed.pilot.store import Store
from testbed.pilot.turn import Lasts, Names, Person, Proves, Turn

DENIED = re.compile(rb"^\[gLExec\]: cause class=denied ", re.MULTILINE)
"""The switch has said no to this user: to try again elsewhere would be to look for a site that does not know it yet."""
LATE = "a late word that does not count: "


class Queue:
    """Payloads, the highest priority first, then the oldest; each with its last report and its history."""

    def __init__(
        self,
        store: Store | None = None,
        *,
        lease: float = LEASE,
        clock: Callable[[], float] = time.monotonic,
        changed: Callable[[str], None] = lambda ident: None,
        proves: Proves = lambda owner, vo, roles: True,
        person: Person = lambda owner: owner,
    ) -> None:
        """``changed`` is told the id of a payload after each change of it."""
        self._store = store or Store(None)
        self._records = Records(self._store)
        self._leases = Leases(lease, clock)
        self._changed = changed
        self.bans = Bans(self._store)
        self._turn = Turn(self._records, self.bans, person, proves)
        self._take_up()

    def submit(self, payload: Payload, *, by: str = QUEUE, asked: str = "") -> str:
        """Take a payload in; its id. Said again with the same word ``asked`` it is the same one."""
        if asked and (known := self._records.asked(asked)):
            if self._records.payload(known) != payload:
                raise Problem("this word stands for another payload", found=asked, where=ident(known))
            return ident(known)
        with self._store.change():
            number = self._records.add(payload, asked)
            self._records.note(number, by, State.QUEUED, "submitted")
        self._changed(ident(number))
        return ident(number)

    def take(
        self,
        pilot: str,
        offer: Offer,
        *,
        request: str = "",
        lasts: Lasts = lambda owner: float("inf"),
        names: Names = lambda owner: (owner, ()),
    ) -> tuple[str, Payload] | None:
        """Hand the first waiting payload that fits to a pilot.

        Asked again with the same word ``request`` it is the same payload, unless the pilot has said more of it since:
        the first answer did not arrive. Nobody is handed what he had before. What its owner's proxy does not last for
        has to wait for a better one.
        """
        if again := self.again(pilot, request):
            return again
        with self._store.change():
            row = self._turn.first(pilot, offer, lasts, names)
            if row is None:
                return None
            number = int(row["number"])
            report = Report(ident(number), State.TAKEN, pilot)
            self._records.hand_out(number, report, request, offer.start_limit)
            self._records.note(number, pilot, State.TAKEN, f"it offered {offer.mode}")
        self._leases.begin(number, offer.start_limit, row["seconds"])
        self._changed(ident(number))
        return ident(number), self._records.payload(number)

    def again(self, pilot: str, request: str) -> tuple[str, Payload] | None:
        """What a pilot got for this request and has not spoken of since; None where it got nothing."""
        self.expire()
        number = self._records.handed(pilot, request) if request else None
        if number is None or self.banned(self.owner(ident(number))):
            return None
        return ident(number), self._records.payload(number)

    def report(self, report: Report) -> bool:
        """Note what a pilot says of the payload that it took; whether the pilot should now end it.

        Raises `Problem` for what cannot be: from a pilot that no longer has it, it is kept in the history.
        """
        self.expire()
        row = self._records.row(report.payload)
        number, known = int(row["number"]), records.report(row)
        if known == replace(report, outputs=b"") and report.pilot:
            self._leases.heard(number)
            return bool(row["stop"])  # said twice: the first answer did not arrive
        if known.pilot != report.pilot or not report.pilot or report.state not in NEXT[known.state]:
            if known.pilot != report.pilot or known.state.final:
                self._late(number, report, known.state)
            raise Problem(
                "this report cannot be",
                where=report.payload,
                found=f"{report.state} by {report.pilot or 'nobody'}",
                expected=f"what follows {known.state} by {known.pilot or 'nobody'}",
            )
        denied = report.failure == Failure.DENIED or DENIED.search(report.err) is not None
        tried = report.state is State.LOST or (report.state is State.RETURNED and not denied)
        again = tried and row["left"] > 0
        with self._store.change():
            self._records.write(number, report)
            self._records.keep(number, report.outputs)
            if report.state is not known.state:
                self._records.note(number, report.pilot, report.state, report.why)
            if again:
                self._put_back(number, "it may have run" if report.state is State.LOST else "it has not run")
        if again or report.state.final:
            self._leases.end(number)
        self._leases.heard(number)
        self._changed(report.payload)
        return bool(row["stop"])

    def look(self, payload: str) -> Report:
        """What is known of a payload."""
        self.expire()
        return records.report(self._records.row(payload))

    def payload(self, payload: str) -> Payload:
        """A payload as it was submitted."""
        return self._records.payload(self._records.row(payload)["number"])

    def owner(self, payload: str) -> str:
        """Whose a payload is."""
        return str(self._records.row(payload)["owner"])

    def outputs(self, payload: str) -> bytes:
        """What a payload left for its owner, a tar; empty where nothing was brought back."""
        return self._records.outputs(self._records.row(payload)["number"])

    def history(self, payload: str) -> Sequence[Change]:
        """Everything that happened to a payload, oldest first."""
        return self._records.history(self._records.row(payload)["number"])

    def list(self, owners: Collection[str] | None = None, *, waiting: bool = False, most: int = 1000) -> Sequence[Line]:
        """The newest payloads, of these owners only, oldest first; ``waiting``: without those that are over."""
        self.expire()
        return self._records.list(owners, waiting=waiting, most=most)

    def stop(self, payload: str, *, by: str = QUEUE) -> None:
        """Take a waiting payload back; of one that a pilot has, the pilot hears with the answer to its next report."""
        row = self._records.row(payload)
        number, state = int(row["number"]), State(row["state"])
        if state.final:
            return
        with self._store.change():
            if state is State.QUEUED:
                self._records.write(number, Report(payload, State.CANCELLED, why="cancelled"))
                self._records.note(number, by, State.CANCELLED, "before a pilot had it")
            else:
                self._ask_to_stop(row, by)
        self._changed(payload)

    def ban(self, dn: str, *, by: str = QUEUE, why: str = "", owners: Collection[str]) -> None:
        """Hand out nothing more of a person who has these names here; the pilots that have something are to end it."""
        ban = Ban(dn, time.time(), by, why)
        rows = self._records.unfinished(owners)
        with self._store.change():
            self.bans.write(ban)
            for row in rows:
                if row["state"] == State.QUEUED:
                    self._turn.pass_over(row, f"{row['owner']} is {ban}", by)
                else:
                    self._ask_to_stop(row, by, f": {row['owner']} is {ban}")
        for row in rows:
            self._changed(ident(row["number"]))

    def unban(self, dn: str, *, by: str = QUEUE, owners: Collection[str]) -> None:
        """Serve a person again. What was ended meanwhile is over. A `Problem` where nobody is banned."""
        rows = [row for row in self._records.unfinished(owners) if row["state"] == State.QUEUED]
        with self._store.change():
            self.bans.remove(dn)
            for row in rows:
                self._records.note(row["number"], by, State.QUEUED, f"{row['owner']} is banned no more")
        self._turn.say_again(row["number"] for row in rows)

    def banned(self, owner: str) -> Ban | None:
        """The ban of an owner, if there is one."""
        return self._turn.banned(owner)

    def pilot_ended(self, pilot: str) -> None:
        """Nobody will report any more of what this pilot had in hand."""
        for row in self._records.out(pilot):
            self._give_up(row, State.LOST, f"its pilot ended while the payload was {row['state']}")

    def expire(self) -> None:
        """Take payloads from pilots that have not been heard of for too long, or that take too long."""
        for number in self._leases.over():
            row = self._records.row(ident(number))
            self._give_up(row, State.HUNG, f"no end was reported in time; the last word was {row['state']}")

    def _take_up(self) -> None:
        """Payloads that pilots had when we were last ended: each has one lease to be heard of."""
        if not (out := self._records.out()):
            return
        with self._store.change():
            for row in out:
                self._leases.begin(row["number"], row["starting"], row["seconds"])
                if row["state"] == State.STARTED:
                    self._leases.heard(row["number"])
                self._records.note(row["number"], QUEUE, State(row["state"]), "the VO was begun anew")

    def _ask_to_stop(self, row: sqlite3.Row, by: str, why: str = "") -> None:
        if not row["stop"]:
            self._records.ask_to_stop(row["number"])
            self._records.note(row["number"], by, State(row["state"]), f"{row['pilot']} is to end it{why}")

    def waiting(self, offer: Offer, *, most: int, lasts: Lasts = lambda owner: float("inf")) -> Sequence[str]:
        """The owners of the payloads that a new pilot with this offer could take, in the order of their turn."""
        return self._turn.owners(offer, most, lasts)

    def _give_up(self, row: sqlite3.Row, end: State, why: str) -> None:
        """A payload's pilot is gone: it is handed out again where that is allowed, else this is its end."""
        number = int(row["number"])
        with self._store.change():
            if row["left"] > 0:
                said = "" if row["state"] == State.STARTED else "nobody said that it started, yet "
                self._put_back(number, f"{why}; {said}it may have run")
            else:
                self._records.write(number, replace(records.report(row), state=end, why=why))
                self._records.note(number, QUEUE, end, why)
        self._leases.end(number)
        self._changed(ident(number))

    def _put_back(self, number: int, why: str) -> None:
        self._records.write(number, Report(ident(number), State.QUEUED, why=why))
        self._records.note(number, QUEUE, State.QUEUED, f"back in the queue: {why}")

    def _late(self, number: int, report: Report, state: State) -> None:
        """Keep what a pilot says that had the payload once: it may have run there as well. Only its first word."""
        if not self._records.had(number, report.pilot):
            return
        history = self._records.history(number)
        if not any(change.who == report.pilot and change.why.startswith(LATE) for change in history):
            with self._store.change():
                self._records.note(number, report.pilot, state, f"{LATE}{report.state}; {report.why}")
