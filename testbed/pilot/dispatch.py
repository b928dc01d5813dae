"""Gets pilots of fleets, and classic jobs, to their nodes, and tells the fleets what came of it. Of the event loop."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from testbed.lab.result import Result
from testbed.model.failure import Failure
from testbed.model.problem import Problem
from testbed.pilot.factory import Factory, Line
from testbed.pilot.fleet import Fleets
from testbed.pilot.order import Order, PilotEnd
from testbed.pilot.payload import Report, State, with_types
from testbed.pilot.plan import Kind
from testbed.pilot.proxies import Proxies
from testbed.pilot.queue import Queue
from testbed.pilot.register import Register
from testbed.pilot.roster import Out

GATEKEEPERS_ACCOUNT = "root"
"""As whom a gatekeeper is called: there our key may do nothing but call it."""


DENIED = 203
"""How the gatekeeper ends when it has not started a pilot, as testbed/node/gatekeeper has it."""


class Dispatch:
    """Sends who is to go."""

    def __init__(
        self,
        lines: ThreadPoolExecutor,
        factory: Factory,
        register: Register,
        queue: Queue,
        proxies: Proxies,
        stir: Callable[[], None],
        note_end: Callable[[PilotEnd], None],
    ) -> None:
        """``stir`` is called when the fleets should look again, ``note_end`` for a job that came to nothing."""
        self._loop = asyncio.get_running_loop()
        self._lines = lines
        self._factory = factory
        self._register = register
        self._queue = queue
        self._proxies = proxies
        self._stir = stir
        self._note_end = note_end
        self._going: set[asyncio.Task[None]] = set()
        self.fleets: Fleets | None = None

    def send(self, out: Out) -> None:
        """Send one; what comes of it the fleets hear later."""
        task = asyncio.create_task(self._send(out))
        self._going.add(task)
        task.add_done_callback(self._going.discard)

    async def _send(self, out: Out) -> None:
        assert self.fleets is not None
        node = next(node for node in out.plan.nodes if node["name"] == out.node)
        if out.plan.kind.by_gatekeeper:
            node = {**node, "account": GATEKEEPERS_ACCOUNT}
        order = replace(out.plan.order, node=node)
        try:
            line = await self._loop.run_in_executor(self._lines, self._factory.reach, order)
        except (Problem, OSError, RuntimeError) as error:
            self.fleets.unreached(out, getattr(error, "cause", "") or str(error))
            self._stir()
            return
        if not self.fleets.keeps(out.plan.name):  # it was stopped meanwhile
            self.fleets.dropped(out)
            line.close()
            return
        try:
            self._start(out, order, line)
        except (Problem, OSError, RuntimeError) as error:  # a full disk, no thread: not the node's fault
            line.close()
            self.fleets.dropped(out)
            print(f"vo: no pilot was sent to {out.node}: {error}", file=sys.stderr, flush=True)
            if out.pilot:
                self._note_end(PilotEnd(out.pilot, True, why=f"it was not started: {error}"))

    def _start(self, out: Out, order: Order, line: Line) -> None:
        assert self.fleets is not None
        out.pilot = pilot = self._register.sent(order)
        self.fleets.reached(out, pilot)
        if out.plan.kind is Kind.CLASSIC:
            self._send_job(out, line)
        else:
            self._factory.start(pilot, order, line, owner=out.owner, slots=out.plan.slots)

    def _send_job(self, out: Out, line: Line) -> None:
        """The payload whose turn it is, bound to this node now: a batch system's job."""
        assert self.fleets is not None
        offer = self.fleets.offered(out.pilot, out.plan.offer)
        taken = self._queue.take(out.pilot, offer, lasts=self._proxies.left) if offer else None
        if taken is None:
            line.close()
            self._note_end(PilotEnd(out.pilot, True, 0, why="there was nothing left to run"))
            return
        ident, payload = taken
        self.fleets.took(out.pilot, ident, payload.user)
        job = {
            "proxy": self._proxies.get(payload.user).pem,
            "job": {**payload.json(), "id": ident, "start_limit": out.plan.offer.start_limit},
        }

        def done(result: Result) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._note_job, out.pilot, ident, result)

        order = replace(out.plan.order, limit=out.plan.offer.start_limit + payload.limit)
        self._factory.start_job(out.pilot, order, line, job, done)

    def note_refusal(self, end: PilotEnd) -> None:
        """A pilot that the gatekeeper did not start, for it maps its user to nobody: the payload that it was sent for
        comes back, as that of a classic job does. Else pilots would be sent for it as long as it waits."""
        assert self.fleets is not None
        out = self.fleets.unused(end.pilot) if end.code == DENIED else None
        offer = self.fleets.offered(end.pilot, out.plan.offer) if out else None
        if not offer:
            return
        with contextlib.suppress(Problem):  # a full disk: it is still in the queue, or its lease ends
            if taken := self._queue.take(end.pilot, offer, lasts=self._proxies.left):
                ident, payload = taken
                self.fleets.took(end.pilot, ident, payload.user)
                why = f"the gatekeeper maps this user to nobody: {end.err.decode(errors='replace').strip()[-200:]}"
                report = Report(ident, State.RETURNED, end.pilot, DENIED, why=why, failure=Failure.DENIED)
                self._queue.report(report)
                self.fleets.heard(report)

    def _note_job(self, pilot: str, ident: str, result: Result) -> None:
        """What the gatekeeper says of a job. Of one of which it says nothing the end of its line tells."""
        assert self.fleets is not None
        try:
            said = json.loads(result.out)
            with_types(said)
            report = Report.parse({**said, "payload": ident, "pilot": pilot})
            if report.state is State.ENDED:
                self._queue.report(replace(report, state=State.STARTED))
            self._queue.report(report)
        except (ValueError, Problem):
            return
        self.fleets.heard(report)
