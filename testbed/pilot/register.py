"""Every pilot that was sent out, with what, and how it ended: a number is given once, whoever is killed in between."""

import json
import re
import sqlite3
import time

from testbed.model.problem import Problem
from testbed.pilot.order import Order, PilotEnd
from testbed.pilot.store import Store


class Register:
    """Written to the queue's own file."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hang_up()

    def sent(self, order: Order) -> str:
        """A new pilot's id."""
        with self._store.change() as store:
            number = store.execute(
                "INSERT INTO pilots (sent, orders) VALUES (?, ?)", (time.time(), json.dumps(order.json()))
            ).lastrowid
        return f"pilot-{number}"

    def order(self, pilot: str) -> Order:
        """What a pilot was sent out with. A `Problem` where nobody sent it."""
        return Order.parse(json.loads(self._row(pilot)["orders"]))

    def knows(self, pilot: str) -> bool:
        """Whether the factory sent it."""
        return self._find(pilot) is not None

    def end(self, pilot: str) -> PilotEnd:
        """How a pilot ended, or that it has not."""
        ended = self._row(pilot)["ended"]
        return PilotEnd.parse(json.loads(ended)) if ended else PilotEnd(pilot, ended=False)

    def ended(self, end: PilotEnd) -> None:
        """Note how a pilot ended."""
        number = self._row(end.pilot)["number"]
        with self._store.change() as store:
            store.execute("UPDATE pilots SET ended = ? WHERE number = ?", (json.dumps(end.json()), number))

    def _hang_up(self) -> None:
        """Pilots that were out when we were last ended have lost their line with us, and end by themselves."""
        out = self._store.connection.execute("SELECT number FROM pilots WHERE ended IS NULL").fetchall()
        for row in out:
            self.ended(PilotEnd(f"pilot-{row['number']}", True, why="the VO ended while it was out"))

    def _find(self, pilot: str) -> sqlite3.Row | None:
        number = re.fullmatch(r"pilot-([1-9][0-9]{0,17})", pilot)
        asked = "SELECT * FROM pilots WHERE number = ?"
        row: sqlite3.Row | None = None
        if number:
            row = self._store.connection.execute(asked, (int(number[1]),)).fetchone()
        return row

    def _row(self, pilot: str) -> sqlite3.Row:
        row = self._find(pilot)
        if row is None:
            raise Problem("no such pilot", found=pilot[:80], expected="an id that the factory gave")
        return row
