"""The VO's task queue: who takes which payload, and what has been reported of it. Safe to use from many threads."""

import dataclasses
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from testbed.model.problem import Problem
from testbed.pilot.payload import NEXT, Payload, Report, State

MARGIN = 15.0
"""Seconds that a pilot has, beyond a payload's own limits, to end it and to say so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One payload in the queue."""

    payload: Payload
    report: Report
    deadline: float = float("inf")
    """On the monotonic clock: when a payload that was taken counts as hung."""
    stop: bool = False
    """Whether its pilot is asked to end it."""


class Queue:
    """Payloads in the order in which they came, each with the last report."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries: dict[str, Entry] = {}
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._clock = clock

    def submit(self, payload: Payload) -> str:
        """Put a payload at the end of the queue; its id."""
        with self._changed:
            ident = f"payload-{next(self._numbers)}"
            self._entries[ident] = Entry(payload, Report(ident, State.QUEUED))
            self._changed.notify_all()
            return ident

    def take(self, pilot: str, slot: str, start_limit: float) -> tuple[str, Payload] | None:
        """Hand the next waiting payload of a slot to a pilot that starts payloads within ``start_limit`` seconds."""
        with self._changed:
            for ident, entry in self._entries.items():
                if entry.report.state is State.QUEUED and entry.payload.slot == slot:
                    deadline = self._clock() + start_limit + entry.payload.limit + MARGIN
                    self._change(ident, dataclasses.replace(entry.report, state=State.TAKEN, pilot=pilot), deadline)
                    return ident, entry.payload
            return None

    def report(self, report: Report) -> bool:
        """Note what a pilot says of the payload that it took; whether the pilot should now end it."""
        with self._changed:
            self._expire()
            entry = self._entry(report.payload)
            if entry.report == report:
                return entry.stop  # said twice: the first answer did not arrive
            if entry.report.pilot != report.pilot or report.state not in NEXT[entry.report.state]:
                raise Problem(
                    "this report cannot be",
                    where=report.payload,
                    found=f"{report.state} by {report.pilot or 'nobody'}",
                    expected=f"what follows {entry.report.state} by {entry.report.pilot or 'nobody'}",
                )
            self._change(report.payload, report, entry.deadline)
            return entry.stop

    def wait(self, ident: str, reached: Callable[[Report], bool], limit: float) -> Report:
        """The report as soon as ``reached`` holds or nothing can follow, else as it stands after ``limit`` seconds."""
        until = self._clock() + limit
        with self._changed:
            while True:
                self._expire()
                entry = self._entry(ident)
                now = self._clock()
                if entry.report.state.final or reached(entry.report) or now >= until:
                    return entry.report
                self._changed.wait(min(until, entry.deadline) - now)

    def stop(self, ident: str) -> None:
        """Ask for the end of a payload; its pilot hears of it with the answer to its next report."""
        with self._changed:
            self._entries[ident] = dataclasses.replace(self._entry(ident), stop=True)

    def pilot_ended(self, pilot: str) -> None:
        """What this pilot had in hand is lost: nobody will report of it any more."""
        with self._changed:
            for ident, entry in self._entries.items():
                if entry.report.pilot == pilot and not entry.report.state.final:
                    why = f"its pilot ended while the payload was {entry.report.state}"
                    self._change(ident, dataclasses.replace(entry.report, state=State.LOST, why=why), entry.deadline)

    def _entry(self, ident: str) -> Entry:
        if ident not in self._entries:
            raise Problem("no such payload", found=ident, expected="an id that the queue gave")
        return self._entries[ident]

    def _change(self, ident: str, report: Report, deadline: float) -> None:
        self._entries[ident] = dataclasses.replace(self._entries[ident], report=report, deadline=deadline)
        self._changed.notify_all()

    def _expire(self) -> None:
        now = self._clock()
        for ident, entry in self._entries.items():
            if not entry.report.state.final and now >= entry.deadline:
                why = f"no end was reported in time; the last word was {entry.report.state}"
                self._change(ident, dataclasses.replace(entry.report, state=State.HUNG, why=why), entry.deadline)
