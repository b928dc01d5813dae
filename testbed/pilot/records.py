"""What stands in the queue's file of each payload: all SQL of the queue, and no rule of it.

Whoever writes does so inside of `Store.change`.
"""

import json
import re
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from testbed.model.problem import Problem
from testbed.pilot.history import Change, Line
from testbed.pilot.needs import Offer
from testbed.pilot.payload import LONGEST_REASON, Payload, Report, State
from testbed.pilot.store import Store


class Records:
    """The rows of payloads; a `sqlite3.Row` is one of the view ``labels``."""

    def __init__(self, store: Store) -> None:
        self._run = store.connection.execute

    def add(self, payload: Payload, asked: str) -> int:
        """A new payload's number."""
        number = self._run(
            "INSERT INTO payloads (owner, vo, slot, priority, memory, seconds, mode, stdin, sandbox, asked, payload,"
            " state, pilot, left, report) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)",
            (
                payload.user,
                payload.vo,
                payload.slot,
                payload.priority,
                payload.needs.memory,
                payload.limit,
                payload.needs.mode,
                payload.stdin,
                payload.sandbox,
                asked or None,
                json.dumps(replace(payload, stdin=b"", sandbox=b"").json()),
                State.QUEUED,
                payload.attempts,
                json.dumps(Report("", State.QUEUED).json()),
            ),
        ).lastrowid
        assert number is not None
        return number

    def write(self, number: int, report: Report) -> None:
        """The last report of a payload, and with it its state. What it brings back is for `keep`."""
        self._run(
            "UPDATE payloads SET state = ?, pilot = ?, report = ? WHERE number = ?",
            (report.state, report.pilot, json.dumps(replace(report, outputs=b"").json()), number),
        )

    def keep(self, number: int, outputs: bytes) -> None:
        """What a payload left for its owner, if it left anything."""
        if outputs:
            self._run("INSERT OR REPLACE INTO outputs VALUES (?, ?)", (number, outputs))

    def outputs(self, number: int) -> bytes:
        """What was kept of a payload."""
        row = self._run("SELECT tar FROM outputs WHERE payload = ?", (number,)).fetchone()
        return bytes(row["tar"]) if row else b""

    def hand_out(self, number: int, report: Report, request: str, starting: float) -> None:
        """A pilot has the payload now."""
        self.write(number, report)
        self._run(
            "UPDATE payloads SET request = ?, starting = ?, left = left - 1 WHERE number = ?",
            (request, starting, number),
        )
        self._run("INSERT OR IGNORE INTO holders VALUES (?, ?)", (number, report.pilot))

    def ask_to_stop(self, number: int) -> None:
        """The payload is to be ended, and not to be handed out again."""
        self._run("UPDATE payloads SET stop = 1, left = 0 WHERE number = ?", (number,))

    def note(self, number: int, who: str, state: State, why: str) -> None:
        """One more line of a payload's history."""
        said = why[:LONGEST_REASON].encode(errors="replace").decode()
        self._run(
            "INSERT INTO history (payload, time, who, state, why) VALUES (?, ?, ?, ?, ?)",
            (number, time.time(), who, state, said),
        )

    def row(self, ident: str) -> sqlite3.Row:
        """A payload. A `Problem` where there is none of this id."""
        found = re.fullmatch(r"payload-([1-9][0-9]{0,17})", ident)
        row = self._run("SELECT * FROM labels WHERE number = ?", (int(found[1]),)).fetchone() if found else None
        if row is None:
            raise Problem("no such payload", found=ident[:80], expected="an id that the queue gave")
        assert isinstance(row, sqlite3.Row)
        return row

    def payload(self, number: int) -> Payload:
        """All of a payload, as it was submitted."""
        row = self._run("SELECT payload, stdin, sandbox FROM payloads WHERE number = ?", (number,)).fetchone()
        said = Payload.parse(json.loads(row["payload"]))
        return replace(said, stdin=bytes(row["stdin"]), sandbox=bytes(row["sandbox"]))

    def asked(self, word: str) -> int | None:
        """The payload that was submitted with this word."""
        row = self._run("SELECT number FROM payloads WHERE asked = ?", (word,)).fetchone()
        return int(row["number"]) if row else None

    def out(self, pilot: str | None = None) -> Sequence[sqlite3.Row]:
        """The payloads that pilots have; that this one has."""
        asked = "SELECT * FROM labels WHERE state IN ('taken', 'started') AND (? IS NULL OR pilot = ?)"
        return self._run(asked, (pilot, pilot)).fetchall()

    def unfinished(self, owners: Collection[str]) -> Sequence[sqlite3.Row]:
        """What waits of these owners, and what pilots have of theirs."""
        marks = ", ".join("?" * len(owners))
        asked = f"SELECT * FROM labels WHERE state IN ('queued', 'taken', 'started') AND owner IN ({marks})"  # noqa: S608
        return self._run(asked, tuple(owners)).fetchall()

    def waiting(self, pilot: str, offer: Offer) -> Iterator[sqlite3.Row]:
        """The payloads that fit an offer's numbers and that the pilot did not have, in the order of their turn; with
        their ``roles``, JSON."""
        asked = (
            "SELECT *, (SELECT json_extract(payload, '$.roles') FROM payloads WHERE number = labels.number) AS roles"
            " FROM labels WHERE state = 'queued' AND slot = ? AND memory <= ? AND seconds <= ?"
            " AND mode IN ('', ?) AND NOT EXISTS (SELECT 1 FROM holders WHERE payload = number AND pilot = ?)"
            " ORDER BY priority DESC, number"
        )
        room = offer.seconds - offer.start_limit
        yield from self._run(asked, (offer.slot, offer.memory, room, offer.mode, pilot))

    def handed(self, pilot: str, request: str) -> int | None:
        """The payload that a pilot got for this request and has not started."""
        asked = "SELECT number, state FROM payloads WHERE pilot = ? AND request = ? AND state IN ('taken', 'started')"
        row = self._run(asked, (pilot, request)).fetchone()
        return int(row["number"]) if row and row["state"] == State.TAKEN else None

    def had(self, number: int, pilot: str) -> bool:
        """Whether a pilot has or had a payload."""
        asked = "SELECT 1 FROM holders WHERE payload = ? AND pilot = ?"
        return self._run(asked, (number, pilot)).fetchone() is not None

    def history(self, number: int) -> Sequence[Change]:
        """Everything that happened to a payload, oldest first."""
        rows = self._run("SELECT * FROM history WHERE payload = ? ORDER BY number", (number,))
        return [Change(row["time"], row["who"], State(row["state"]), row["why"]) for row in rows]

    def list(self, owners: Collection[str] | None, *, waiting: bool, most: int) -> Sequence[Line]:
        """The newest payloads, of these owners only, oldest first; ``waiting``: without those that are over."""
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
        return [_line(row) for row in self._run(asked, (*words, most)).fetchall()[::-1]]


def ident(number: int) -> str:
    """How a payload is called."""
    return f"payload-{number}"


def report(row: sqlite3.Row) -> Report:
    """The last report of a payload."""
    return replace(Report.parse(json.loads(row["report"])), payload=ident(row["number"]))


def _line(row: sqlite3.Row) -> Line:
    return Line(
        ident(row["number"]),
        State(row["state"]),
        row["owner"],
        row["vo"],
        row["priority"],
        row["pilot"],
        row["left"],
        row["since"],
        " ".join(json.loads(row["argv"])),
    )
