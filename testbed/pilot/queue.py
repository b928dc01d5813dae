"""The VO's task queue: who takes which payload, what has been reported of it, and everything that happened to it.

What a method has returned is on the disk. Used from one thread.
"""

import json
import re
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.history import QUEUE, Change, Line
from testbed.pilot.needs import Offer
from testbed.pilot.payload import NEXT, Payload, Report, State
from testbed.pilot.store import Store

MARGIN = 15.0
"""Seconds that a pilot has, beyond a payload's own limits, to end it and to say so."""
LEASE = 60.0
"""Seconds without a word after which a payload that has started is taken from its pilot. Pilots report twice a second,
but not while they end a payload through a switch that hangs."""
DENIED = re.compile(rb"^\[gLExec\]: cause class=denied ", re.MULTILINE)
"""The switch has said no to this user: to try again elsewhere would be to look for a site that does not know it yet."""
LATE = "a late word that does not count: "
WAITS = "waits: "
LONGEST = 2000
"""Characters of a line of history."""

Lasts = Callable[[str], float]
"""Seconds that the proxy of an owner will still be good for."""


@dataclass(slots=True)
class Lease:
    """Until when a pilot has to be heard of, and to be done, on the monotonic clock."""

    heard: float
    done: float

    @property
    def end(self) -> float:
        """Whichever comes first."""
        return min(self.heard, self.done)


class Queue:
    """Payloads, the highest priority first, then the oldest; each with its last report and its history."""

    def __init__(
        self,
        store: Store | None = None,
        *,
        lease: float = LEASE,
        clock: Callable[[], float] = time.monotonic,
        changed: Callable[[str], None] = lambda ident: None,
    ) -> None:
        """``changed`` is told the id of a payload after each change of it."""
        self._store = store or Store(None)
        self._lease = lease
        self._clock = clock
        self._changed = changed
        self._leases: dict[int, Lease] = {}
        self._passed: set[int] = set()
        self._take_up()

    def submit(self, payload: Payload, *, by: str = QUEUE, asked: str = "") -> str:
        """Take a payload in; its id. Said again with the same word ``asked`` it is the same one."""
        with self._store.change() as store:
            known = store.execute("SELECT number FROM payloads WHERE asked = ?", (asked,)).fetchone()
            if known is not None:
                if self.payload(_ident(known["number"])) != payload:
                    raise Problem("this word stands for another payload", found=asked, where=_ident(known["number"]))
                return _ident(known["number"])
            report = Report("", State.QUEUED)
            number = store.execute(
                "INSERT INTO payloads (owner, vo, slot, priority, memory, seconds, mode, sandbox, asked, payload,"
                " state, pilot, left, report) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)",
                (
                    payload.user,
                    payload.vo,
                    payload.slot,
                    payload.priority,
                    payload.needs.memory,
                    payload.limit,
                    payload.needs.mode,
                    payload.sandbox,
                    asked or None,
                    json.dumps(replace(payload, sandbox=b"").json()),
                    report.state,
                    payload.attempts,
                    json.dumps(report.json()),
                ),
            ).lastrowid
            assert number is not None
            self._note(store, number, by, State.QUEUED, "submitted")
        self._changed(_ident(number))
        return _ident(number)

    def take(
        self, pilot: str, offer: Offer, *, request: str = "", lasts: Lasts = lambda owner: float("inf")
    ) -> tuple[str, Payload] | None:
        """Hand the first waiting payload that fits to a pilot.

        Asked again with the same word ``request`` it is the same payload, unless the pilot has said more of it since:
        the first answer did not arrive. Nobody is handed what he had before. What its owner's proxy does not last for
        has to wait for a better one.
        """
        self.expire()
        if request and (again := self._handed(pilot, request)):
            return again
        with self._store.change() as store:
            row = self._first(store, pilot, offer, lasts)
            if row is None:
                return None
            report = replace(self._report(row), state=State.TAKEN, pilot=pilot, payload=_ident(row["number"]))
            store.execute(
                "UPDATE payloads SET state = ?, pilot = ?, request = ?, starting = ?, left = left - 1, report = ?"
                " WHERE number = ?",
                (State.TAKEN, pilot, request, offer.start_limit, json.dumps(report.json()), row["number"]),
            )
            store.execute("INSERT OR IGNORE INTO holders VALUES (?, ?)", (row["number"], pilot))
            self._note(store, row["number"], pilot, State.TAKEN, f"it offered {offer.mode}")
        self._leases[row["number"]] = self._lease_of(offer.start_limit, row["seconds"])
        self._changed(_ident(row["number"]))
        return _ident(row["number"]), self.payload(_ident(row["number"]))

    def report(self, report: Report) -> bool:
        """Note what a pilot says of the payload that it took; whether the pilot should now end it.

        Raises `Problem` for what cannot be: from a pilot that no longer has it, it is kept in the history.
        """
        self.expire()
        row = self._row(report.payload)
        known = self._report(row)
        if known == report and report.pilot:
            self._heard(row["number"])
            return bool(row["stop"])  # said twice: the first answer did not arrive
        if known.pilot != report.pilot or not report.pilot or report.state not in NEXT[known.state]:
            self._late(row["number"], report, known.state)
            raise Problem(
                "this report cannot be",
                where=report.payload,
                found=f"{report.state} by {report.pilot or 'nobody'}",
                expected=f"what follows {known.state} by {known.pilot or 'nobody'}",
            )
        again = report.state is State.RETURNED and row["left"] > 0 and not DENIED.search(report.err)
        with self._store.change() as store:
            self._set(store, row["number"], report)
            if report.state is not known.state:
                self._note(store, row["number"], report.pilot, report.state, report.why)
            if again:
                self._put_back(store, row["number"], "it has not run")
        if again or report.state.final:
            self._leases.pop(row["number"], None)
        self._heard(row["number"])
        self._changed(report.payload)
        return bool(row["stop"])

    def look(self, ident: str) -> Report:
        """What is known of a payload."""
        self.expire()
        return self._report(self._row(ident))

    def payload(self, ident: str) -> Payload:
        """A payload as it was submitted."""
        found = "SELECT payload, sandbox FROM payloads WHERE number = ?"
        row = self._store.connection.execute(found, (self._row(ident)["number"],)).fetchone()
        return replace(Payload.parse(json.loads(row["payload"])), sandbox=bytes(row["sandbox"]))

    def owner(self, ident: str) -> str:
        """Whose a payload is."""
        return str(self._row(ident)["owner"])

    def stop(self, ident: str, *, by: str = QUEUE) -> None:
        """Take a waiting payload back; of one that a pilot has, the pilot hears with the answer to its next report."""
        row = self._row(ident)
        if State(row["state"]).final:
            return
        with self._store.change() as store:
            if row["state"] == State.QUEUED:
                self._set(store, row["number"], replace(self._report(row), state=State.CANCELLED, why="cancelled"))
                self._note(store, row["number"], by, State.CANCELLED, "before a pilot had it")
            elif not row["stop"]:
                store.execute("UPDATE payloads SET stop = 1, left = 0 WHERE number = ?", (row["number"],))
                self._note(store, row["number"], by, State(row["state"]), f"{row['pilot']} is to end it")
        self._changed(ident)

    def pilot_ended(self, pilot: str) -> None:
        """Nobody will report any more of what this pilot had in hand."""
        held = "SELECT * FROM labels WHERE pilot = ? AND state IN ('taken', 'started')"
        for row in self._store.connection.execute(held, (pilot,)).fetchall():
            self._give_up(row, State.LOST, f"its pilot ended while the payload was {row['state']}")

    def expire(self) -> None:
        """Take payloads from pilots that have not been heard of for too long, or that take too long."""
        now = self._clock()
        for number in [number for number, lease in self._leases.items() if now >= lease.end]:
            row = self._row(_ident(number))
            self._give_up(row, State.HUNG, f"no end was reported in time; the last word was {row['state']}")

    def next_end(self) -> float | None:
        """When `expire` has something to do at the earliest, on the monotonic clock."""
        return min((lease.end for lease in self._leases.values()), default=None)

    def history(self, ident: str) -> Sequence[Change]:
        """Everything that happened to a payload, oldest first."""
        asked = "SELECT * FROM history WHERE payload = ? ORDER BY number"
        rows = self._store.connection.execute(asked, (self._row(ident)["number"],))
        return [Change(row["time"], row["who"], State(row["state"]), row["why"]) for row in rows]

    def list(self, owners: Collection[str] | None = None, *, waiting: bool = False, most: int = 1000) -> Sequence[Line]:
        """The newest payloads, of these owners only, oldest first; ``waiting``: without those that are over."""
        self.expire()
        where, words = ["1"], []
        if owners is not None:
            where.append(f"labels.owner IN ({', '.join('?' * len(owners))})")
            words += list(owners)
        if waiting:
            where.append("labels.state IN ('queued', 'taken', 'started')")
        asked = (
            "SELECT labels.*, json_extract(payload, '$.argv') AS argv,"  # noqa: S608  the words are placeholders
            " (SELECT min(time) FROM history WHERE history.payload = labels.number) AS since"
            f" FROM labels JOIN payloads USING (number) WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?"
        )
        return [_line(row) for row in self._store.connection.execute(asked, (*words, most)).fetchall()[::-1]]

    def _take_up(self) -> None:
        """Payloads that pilots had when we were last ended: each has one lease to be heard of."""
        out = "SELECT * FROM labels WHERE state IN ('taken', 'started')"
        held = self._store.connection.execute(out).fetchall()
        if not held:
            return
        with self._store.change() as store:
            for row in held:
                self._leases[row["number"]] = self._lease_of(row["starting"], row["seconds"])
                self._note(store, row["number"], QUEUE, State(row["state"]), "the VO was begun anew")

    def _first(self, store: sqlite3.Connection, pilot: str, offer: Offer, lasts: Lasts) -> sqlite3.Row | None:
        waiting = (
            "SELECT * FROM labels WHERE state = 'queued' AND slot = ? AND memory <= ? AND seconds <= ?"
            " AND mode IN ('', ?) AND NOT EXISTS (SELECT 1 FROM holders WHERE payload = number AND pilot = ?)"
            " ORDER BY priority DESC, number"
        )
        room = offer.seconds - offer.start_limit
        for row in store.execute(waiting, (offer.slot, offer.memory, room, offer.mode, pilot)):
            if (offer.vos and row["vo"] not in offer.vos) or (row["sandbox"] and offer.mode is Mode.VM):
                continue  # a virtual machine shares no folder with its node, where a sandbox could be laid
            if lasts(row["owner"]) >= offer.start_limit + row["seconds"]:
                found: sqlite3.Row = row
                return found
            self._waits(store, row)
        return None

    def _waits(self, store: sqlite3.Connection, row: sqlite3.Row) -> None:
        """Say once, and once more after each beginning, that a payload is passed over for its owner's proxy."""
        if row["number"] not in self._passed:
            self._passed.add(row["number"])
            self._note(store, row["number"], QUEUE, State.QUEUED, f"{WAITS}the proxy of {row['owner']} ends too early")

    def _handed(self, pilot: str, request: str) -> tuple[str, Payload] | None:
        asked = "SELECT number, state FROM payloads WHERE pilot = ? AND request = ? AND state IN ('taken', 'started')"
        row = self._store.connection.execute(asked, (pilot, request)).fetchone()
        if row is None or row["state"] != State.TAKEN:
            return None
        return _ident(row["number"]), self.payload(_ident(row["number"]))

    def _give_up(self, row: sqlite3.Row, end: State, why: str) -> None:
        """A payload's pilot is gone: it is handed out again where that is allowed, else this is its end."""
        with self._store.change() as store:
            if row["left"] > 0:
                ran = "it may have run" if row["state"] == State.STARTED else "nobody said that it started"
                self._put_back(store, row["number"], f"{why}; {ran}")
            else:
                self._set(store, row["number"], replace(self._report(row), state=end, why=why))
                self._note(store, row["number"], QUEUE, end, why)
        self._leases.pop(row["number"], None)
        self._changed(_ident(row["number"]))

    def _put_back(self, store: sqlite3.Connection, number: int, why: str) -> None:
        self._set(store, number, Report(_ident(number), State.QUEUED, why=why))
        self._note(store, number, QUEUE, State.QUEUED, f"back in the queue: {why}")

    def _set(self, store: sqlite3.Connection, number: int, report: Report) -> None:
        store.execute(
            "UPDATE payloads SET state = ?, pilot = ?, report = ? WHERE number = ?",
            (report.state, report.pilot, json.dumps(report.json()), number),
        )

    def _note(self, store: sqlite3.Connection, number: int, who: str, state: State, why: str) -> None:
        store.execute(
            "INSERT INTO history (payload, time, who, state, why) VALUES (?, ?, ?, ?, ?)",
            (number, time.time(), who, state, why[:LONGEST].encode(errors="replace").decode()),
        )

    def _late(self, number: int, report: Report, state: State) -> None:
        """Keep what a pilot says that had the payload once: it may have run there as well. Only its first word."""
        store = self._store.connection
        had = store.execute("SELECT 1 FROM holders WHERE payload = ? AND pilot = ?", (number, report.pilot)).fetchone()
        said = "SELECT 1 FROM history WHERE payload = ? AND who = ? AND why LIKE ?"
        if had and not store.execute(said, (number, report.pilot, f"{LATE}%")).fetchone():
            with self._store.change() as change:
                self._note(change, number, report.pilot, state, f"{LATE}{report.state}; {report.why}")

    def _lease_of(self, starting: float, seconds: float) -> Lease:
        now = self._clock()
        return Lease(now + starting + max(self._lease, MARGIN), now + starting + seconds + MARGIN)

    def _heard(self, number: int) -> None:
        if number in self._leases:
            self._leases[number].heard = self._clock() + self._lease

    def _row(self, ident: str) -> sqlite3.Row:
        found = re.fullmatch(r"payload-([1-9][0-9]{0,17})", ident)
        row = None
        if found:
            asked = "SELECT * FROM labels WHERE number = ?"
            row = self._store.connection.execute(asked, (int(found[1]),)).fetchone()
        if row is None:
            raise Problem("no such payload", found=ident[:80], expected="an id that the queue gave")
        assert isinstance(row, sqlite3.Row)
        return row

    def _report(self, row: sqlite3.Row) -> Report:
        return replace(Report.parse(json.loads(row["report"])), payload=_ident(row["number"]))


def _ident(number: int) -> str:
    return f"payload-{number}"


def _line(row: sqlite3.Row) -> Line:
    return Line(
        _ident(row["number"]),
        State(row["state"]),
        row["owner"],
        row["vo"],
        row["priority"],
        row["pilot"],
        row["left"],
        row["since"],
        " ".join(json.loads(row["argv"])),
    )
