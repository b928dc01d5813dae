"""The VO's desk as scenarios use it: hand in a payload, and learn what became of it."""

import contextlib
import itertools
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from testbed.lab.wait import eventually
from testbed.lab.world import World
from testbed.model.answers import Answers
from testbed.model.cell import Cell
from testbed.model.mode import Mode
from testbed.model.outcome import Outcome
from testbed.model.problem import Problem
from testbed.pilot.client import Vo
from testbed.pilot.judge import outcome
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, Report

PAYLOAD_LIMIT = 30.0
"""Seconds that a payload of a scenario may run."""
PILOT_LIMIT = 150.0
"""Seconds that a pilot may take with all its payloads, virtual machines included."""
READY = 10.0
"""Seconds within which the VO must answer after its container has started."""

Clock = Callable[[float, Mapping[str, Any]], None]
"""Is told the seconds that a pilot took over one payload, and what of its order is not as usual."""

_slots = itertools.count(1)


class Desk:
    """Hands payloads to pilots on one worker node, in one mode, under one site's answers.

    >>> pilot.run("/usr/bin/id -un", user="bob").account
    'alpha002'
    """

    def __init__(
        self,
        world: World,
        vo: Vo,
        mode: Mode,
        answers: Answers,
        user: str,
        witness: Callable[[Outcome], None],
        clock: Clock,
    ) -> None:
        self.world = world
        self.vo = vo
        self.mode = mode
        self.answers = answers
        """The site's, with the cell's own word on question 4."""
        self._user = user
        self._witness = witness
        self._clock = clock

    @classmethod
    @contextlib.contextmanager
    def opened(
        cls, world: World, cell: Cell, witness: Callable[[Outcome], None], clock: Clock = lambda seconds, order: None
    ) -> Iterator["Desk"]:
        """The desk for a cell; ``witness`` is told every outcome, ``clock`` how long each pilot took.

        Raises `Problem` when the VO does not get ready.
        """
        grid = world.grid
        vo = Vo(
            world.pilot.address,
            proxy=grid.read(grid.bearer("pilot").file),
            authorities=grid.read("authority/ca.cert.pem"),
        )
        if not eventually(lambda: vo.ready(limit=READY), within=READY):
            raise Problem(
                f"the VO's side did not become ready within {READY:g} s",
                where=world.pilot.name,
                found=world.pilot.logs() or "(it wrote nothing)",
                remedy=f"docker logs {world.pilot.name}",
            )
        answers = world.site.answers.with_question_4(cell.on_internal_error)
        yield cls(world, vo, cell.mode, answers, cell.user, witness, clock)

    def run(self, command: str | Sequence[str], user: str = "", stdin: bytes = b"") -> Outcome:
        """Run one payload, of the cell's user unless told, by a pilot of its own, and wait for what becomes of it."""
        outcome = self.tried(command, user or self._user, stdin)
        self._witness(outcome)
        return outcome

    def tried(self, command: str | Sequence[str], user: str, stdin: bytes = b"") -> Outcome:
        """As `run`, and nobody but the clock is told."""
        began = time.monotonic()
        payload, pilot = self.send(command, user, stdin)
        ended = replace(self.end_of(payload, pilot), seconds=round(time.monotonic() - began, 3))
        self._clock(ended.seconds, {})
        return ended

    def send(self, command: str | Sequence[str], user: str, stdin: bytes = b"", **order: Any) -> tuple[str, str]:
        """Queue a payload and send a pilot for it, whose order may be otherwise than usual; the ids of both."""
        argv = tuple(shlex.split(command) if isinstance(command, str) else command)
        return self.hand(Payload(user, argv, stdin, PAYLOAD_LIMIT), **order)

    def handle(self, payload: Payload, **order: Any) -> Report:
        """The last word on a payload, in full, of a pilot of its own; its order may be otherwise than usual.

        >>> pilot.handle(Payload("bob", ("/usr/bin/id",)), retries=2).account.retries  # doctest: +SKIP
        0
        """
        began = time.monotonic()
        ident, pilot = self.hand(payload, **order)
        report = self.vo.end_of(ident, pilot, limit=PILOT_LIMIT)
        self._clock(time.monotonic() - began, order)
        return report

    def hand(self, payload: Payload, **order: Any) -> tuple[str, str]:
        """Queue a payload and send a pilot for it, whose order may be otherwise than usual; the ids of both."""
        payload = replace(payload, slot=self.slot())
        return self.vo.submit(payload), self.vo.start_pilot(self.order(payload.slot, **order))

    @staticmethod
    def slot() -> str:
        """One that nobody else takes payloads of."""
        return f"slot-{next(_slots)}"

    def order(self, slot: str, **more: Any) -> Order:
        """What a pilot for payloads of this slot is sent out with, some of it otherwise."""
        node = {
            "name": self.world.node_name,
            "address": self.world.node.address,
            "account": self.world.site.pilot_accounts[0].name,
        }
        usual: dict[str, Any] = {
            "limit": PILOT_LIMIT,
            "node": node,
            "retries": 0,
            "container": self.world.site.containers,
        }
        return replace(Order.at(self.answers, self.mode, slot=slot), **{**usual, **more})

    def end_of(self, payload: str, pilot: str) -> Outcome:
        """What became of a payload. A silent pilot makes it hung, one that is gone without it a `Problem`."""
        report = self.vo.end_of(payload, pilot, limit=PILOT_LIMIT)
        account = self.world.site.pilot_accounts[0]
        return outcome(report, self.mode, account.name, pilot_uid=account.uid)
