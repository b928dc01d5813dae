"""What the VO does on each request: who asks and parsed JSON in, JSON data out, a `Problem` for what cannot be."""

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from testbed.authority.chain import Chains
from testbed.model.problem import Problem
from testbed.pilot.admission import admitted
from testbed.pilot.dispatch import Dispatch
from testbed.pilot.factory import Factory, Reach
from testbed.pilot.fleet import Fleets
from testbed.pilot.fleet_book import FleetBook
from testbed.pilot.home import Home
from testbed.pilot.needs import known_keys, word
from testbed.pilot.news import News
from testbed.pilot.order import Order, PilotEnd
from testbed.pilot.own_proxies import OwnProxies
from testbed.pilot.payload import Payload, Report, State, encode, seconds
from testbed.pilot.proxies import Proxies
from testbed.pilot.queue import Queue
from testbed.pilot.register import Register
from testbed.pilot.store import Store
from testbed.pilot.visitor import Visitor

NAME = "pilot"
"""The host name in the VO's certificate."""
LONGEST_WAIT = 60.0
"""Seconds that a request may wait for news; who wants to wait longer asks again."""
LINES = 64
"""Worker nodes that are being connected to at a time."""
TICK = 0.5
"""Seconds between two looks for leases that have run out."""

Answer = Mapping[str, Any]

REACHED: Mapping[str, Callable[[Report], bool]] = {
    "start": lambda report: report.state is State.STARTED,
    "output": lambda report: b"\n" in report.out,
    "end": lambda report: report.state.final,
}
"""What an operator can wait for; `output` is a whole line of it."""


class Office:
    """Everything that is asked for; see `testbed.pilot.routes`. Used from the event loop only."""

    def __init__(self, home: Home, store: Store, chains: Chains, port: int, reach: Reach, lease: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = News()
        self.proxies = Proxies(home, store, chains)
        self.queue = Queue(
            store, lease=lease, changed=self._news.tell, proves=self.proxies.prove, person=self.proxies.dn
        )
        self.register = Register(store)
        self.own = OwnProxies(self.proxies)
        self.factory = Factory(home, NAME, port, self.own, self._tell_end, reach)
        self._lines = ThreadPoolExecutor(LINES, "line")
        self.stirred = asyncio.Event()
        self._dispatch = Dispatch(
            self._lines, self.factory, self.register, self.queue, self.proxies, self.stirred.set, self._note_end
        )
        self.fleets = self._dispatch.fleets = Fleets(
            FleetBook(store), self.queue, self._dispatch.send, lasts=self.proxies.left, roles=self.proxies.with_role
        )

    async def watch(self) -> None:
        """Take payloads from pilots that are not heard of, and keep the fleets, for as long as we run."""
        await asyncio.gather(self._watch_leases(), self._keep_fleets())

    async def _keep_fleets(self) -> None:
        """Look after the fleets when something has changed, and now and then: pauses end by themselves."""
        while True:
            _tried(self.fleets.keep)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self.stirred.wait()
            self.stirred.clear()

    async def _watch_leases(self) -> None:
        while True:
            _tried(self.queue.expire)
            await asyncio.sleep(TICK)

    async def ready(self, visitor: Visitor, body: Answer) -> Answer:
        """Whether the VO is there."""
        return {"ready": True}

    async def submit(self, visitor: Visitor, body: Answer) -> Answer:
        """Take a payload in; ``asked`` is a word by which a request that is said twice is known."""
        asked = word(body.get("asked", ""), "a word of the asker's")
        said = {key: value for key, value in body.items() if key != "asked"}
        payload = await asyncio.to_thread(Payload.parse, said) if said.get("sandbox") else Payload.parse(said)
        visitor.as_owner(payload.user)
        payload = admitted(payload, self.proxies, self.queue.banned)
        ident = self.queue.submit(payload, by=visitor.dn, asked=f"{visitor.dn} {asked}" if asked else "")
        self.stirred.set()
        return {"payload": ident}

    async def list(self, visitor: Visitor, body: Answer) -> Answer:
        """The visitor's payloads; all of them for the robot."""
        known_keys(body, "this question", ("waiting",))
        lines = self.queue.list(None if visitor.robot else visitor.owns, waiting=body.get("waiting") == "yes")
        return {"payloads": [line.json() for line in lines]}

    async def look(self, visitor: Visitor, body: Answer, ident: str) -> Answer:
        """The report of a payload, once what the operator waits for is reached."""
        visitor.as_owner(self.queue.owner(ident))
        until = str(body.get("until", "end"))
        if until not in REACHED:
            raise Problem("nothing to wait for", found=until, expected=", ".join(REACHED))
        end = self._loop.time() + min(seconds(body.get("limit")), LONGEST_WAIT)
        while True:
            report = self.queue.look(ident)
            reached = report.state.final or REACHED[until](report)
            if reached or (left := end - self._loop.time()) <= 0:
                return {"reached": reached, "report": report.json()}
            await self._news.wait(ident, left)

    async def tell_history(self, visitor: Visitor, body: Answer, ident: str) -> Answer:
        """A payload, how it stands, and everything that happened to it."""
        payload = self.queue.payload(ident)
        visitor.as_owner(payload.user)
        # What it brings along is left out: nobody reads base64.
        return {
            "payload": replace(payload, sandbox=b"").json(),
            "report": self.queue.look(ident).json(),
            "history": [change.json() for change in self.queue.history(ident)],
        }

    async def tell_outputs(self, visitor: Visitor, body: Answer, ident: str) -> Answer:
        """What a payload left for its owner."""
        visitor.as_owner(self.queue.owner(ident))
        return {"outputs": encode(self.queue.outputs(ident))}

    async def stop_payload(self, visitor: Visitor, body: Answer, ident: str) -> Answer:
        """Take a payload back, or ask its pilot to end it."""
        visitor.as_owner(self.queue.owner(ident))
        self.queue.stop(ident, by=visitor.dn)
        return {}

    async def start_pilot(self, visitor: Visitor, body: Answer) -> Answer:
        """Send a pilot out."""
        visitor.as_robot()
        order = Order.parse(body)
        line = await self._loop.run_in_executor(self._lines, self.factory.reach, order)
        pilot = ""
        try:
            pilot = self.register.sent(order)
            self.factory.start(pilot, order, line)
        except (Problem, OSError, RuntimeError) as error:
            line.close()
            if pilot:
                self._note_end(PilotEnd(pilot, True, why=f"it was not started: {error}"))
            raise
        return {"pilot": pilot}

    async def look_at_pilot(self, visitor: Visitor, body: Answer, ident: str) -> Answer:
        """How a pilot ended, or that it has not."""
        visitor.as_robot()
        end = self._loop.time() + min(seconds(body.get("limit")), LONGEST_WAIT)
        while not (known := self.register.end(ident)).ended and (left := end - self._loop.time()) > 0:
            await self._news.wait(ident, left)
        return known.json()

    async def stop_pilot(self, visitor: Visitor, body: Answer, ident: str) -> Answer:
        """Hang up on a pilot."""
        visitor.as_robot()
        self.register.order(ident)
        self.factory.stop(ident)
        return {}

    def as_pilot(self, visitor: Visitor, pilot: str) -> None:
        """Raises `Forbidden` for who is no pilot. A single-user pilot is one whom we sent for this very owner."""
        self.own.check(visitor, pilot, lambda: self.register.knows(pilot) and self.register.end(pilot).ended)
        owner = self.fleets.owner(pilot)
        if owner and not visitor.robot:
            visitor.as_owner(owner)
        else:
            visitor.as_pilot()

    def _tell_end(self, end: PilotEnd) -> None:
        """Called by a thread of the factory's; nobody is left to tell when we are ending ourselves."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._note_end, end)

    def _note_end(self, end: PilotEnd) -> None:
        try:
            self._dispatch.note_refusal(end)
            self.fleets.ended(end)
            self.queue.pilot_ended(end.pilot)
            self.register.ended(end)
            self.own.forget(end.pilot)
        except (Problem, sqlite3.Error) as error:  # a full disk: what is noted already is not noted again
            print(f"vo: the end of {end.pilot}: {error}", file=sys.stderr, flush=True)
            self._loop.call_later(TICK, self._note_end, end)
        self.stirred.set()
        self._news.tell(end.pilot)


def _tried(look: Callable[[], None]) -> None:
    """One of the looks that are taken as long as we run. Whatever keeps one from it, the next may do better."""
    try:
        look()
    except Exception as error:
        print(f"vo: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
