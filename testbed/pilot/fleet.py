"""Fleets: so many pilots on each worker node as long as something waits that they could take, and fewer where it fails.

It decides; who sends the pilots is told by ``send``, and tells what came of it. Used from one thread.
"""

import itertools
import random
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from testbed.model.problem import Problem, nearest
from testbed.pilot.fleet_book import FleetBook
from testbed.pilot.fleet_nodes import FleetNodes
from testbed.pilot.health import Standing
from testbed.pilot.needs import Offer
from testbed.pilot.order import PilotEnd
from testbed.pilot.payload import Report, State
from testbed.pilot.plan import Kind, Plan
from testbed.pilot.queue import Queue
from testbed.pilot.roster import Out, Roster
from testbed.pilot.turn import Lasts

MOST_LOOKED_AT = 1000
"""Payloads of the queue that one look goes through."""

Roles = Callable[[str], Collection[str]]
"""The owners whose proxies have this role."""


class Fleets:
    """Every fleet, and the health of their nodes."""

    def __init__(
        self,
        book: FleetBook,
        queue: Queue,
        send: Callable[[Out], None],
        *,
        lasts: Lasts = lambda owner: float("inf"),
        roles: Roles = lambda role: (),
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._book = book
        self._queue = queue
        self._send = send
        self._lasts = lasts
        self._roles = roles
        self._plans = dict(book.plans())
        self._nodes = FleetNodes(book, clock, chance)
        self._roster = Roster()

    # --- what the operator asks ---

    def start(self, plan: Plan) -> None:
        """Keep a fleet from now on, in the place of the one of this name; its pilots that are out stay out."""
        self._book.start(plan)
        self._plans[plan.name] = plan

    def stop(self, name: str) -> list[str]:
        """Send no more pilots of a fleet; the ids of those that are out."""
        if name not in self._plans:
            near = nearest(name, self._plans)
            raise Problem(
                "no fleet is called so",
                found=name[:80],
                expected=", ".join(self._plans) or "there is none",
                remedy=f"did you mean {near!r}?" if near else "",
            )
        self._book.stop(name)
        del self._plans[name]
        return [out.pilot for out in self._roster.of(name) if out.pilot]

    def keeps(self, name: str) -> bool:
        """Whether there is such a fleet."""
        return name in self._plans

    def show(self) -> list[dict[str, Any]]:
        """Every fleet with its nodes, as JSON data."""
        sent = self._book.sent()
        return [self._shown(plan, sent[plan.name]) for plan in self._plans.values()]

    def _shown(self, plan: Plan, sent: int) -> dict[str, Any]:
        names = [str(node["name"]) for node in plan.nodes]
        waiting = len(self._waiting(plan, MOST_LOOKED_AT))
        nodes = [self._shown_node(plan, name) for name in names]
        return {"plan": plan.json(), "sent": sent, "waiting": waiting, "nodes": nodes}

    def _shown_node(self, plan: Plan, node: str) -> dict[str, Any]:
        outs, standing = self._roster.at(node, plan.name), self._nodes.standing(plan, node)
        return {
            "name": node,
            "pilots": len(outs),
            "payloads": sum(out.held for out in outs),
            "standing": str(standing),
            "left": self._nodes.pause(node) if standing is Standing.DRAINED else 0.0,
            "why": self._nodes.why(node),
        }

    # --- what it decides ---

    def keep(self) -> None:
        """Send the pilots that are missing."""
        self._forget_taken_away()
        for plan in tuple(self._plans.values()):
            self._fill(plan)

    def _fill(self, plan: Plan) -> None:
        most = (len(plan.nodes) + 1) * plan.most
        waiting = list(self._waiting(plan, MOST_LOOKED_AT if plan.kind is Kind.SINGLE_USER else most))
        for out in self._roster.of(plan.name):
            if not out.held:  # it will take of these
                _serve(waiting, out.owner, plan.slots)
        for depth, node in itertools.product(range(plan.each), plan.nodes):
            if not waiting:
                return
            name = str(node["name"])
            there = len(self._roster.at(name, plan.name))
            if there <= depth and there < self._nodes.wanted(plan, name):
                out = Out(plan, name, waiting[0] if plan.kind is Kind.SINGLE_USER else "")
                _serve(waiting, out.owner, plan.slots)
                self._roster.add(out)
                self._send(out)

    def _waiting(self, plan: Plan, most: int) -> Collection[str]:
        return self._queue.waiting(self._owners(plan, plan.offer), most=most, lasts=self._lasts)

    def _owners(self, plan: Plan, offer: Offer) -> Offer:
        return replace(offer, owners=tuple(self._roles(plan.role))) if plan.role else offer

    def offered(self, pilot: str, offer: Offer) -> Offer | None:
        """What a pilot that asks for work may have of what it offers; None: nothing, for its node is in doubt."""
        out = self._roster.find(pilot)
        if out is None:
            return offer
        plan = out.plan
        beside = self._roster.at(out.node, plan.name)
        if self._nodes.standing(plan, out.node) is Standing.PROBED:
            beside = self._roster.at(out.node)
        # A pilot for one payload that asks has none, whatever was sent to it: the answer may have been lost.
        if sum(each.held for each in beside if each is not out or plan.slots > 1) >= self._nodes.room(plan, out.node):
            return None
        offer = self._owners(plan, offer)
        if out.owner:
            offer = replace(offer, owners=(out.owner,))
        return replace(offer, memory=min(offer.memory, plan.memory)) if plan.memory else offer

    def unused(self, pilot: str) -> Out | None:
        """A single-user pilot that had no payload yet."""
        out = self._roster.find(pilot)
        return out if out and out.owner and not out.had else None

    def owner(self, pilot: str) -> str:
        """For whom a pilot was sent; empty where it is no single-user pilot of a fleet's."""
        out = self._roster.find(pilot)
        return out.owner if out else ""

    # --- what it is told ---

    def reached(self, out: Out, pilot: str) -> None:
        """A pilot is at its node."""
        out.pilot = pilot
        self._book.count(out.plan.name)

    def unreached(self, out: Out, why: str) -> None:
        """The node of a pilot cannot be reached."""
        self._roster.remove(out)
        self._nodes.failed(out, "", f"it cannot be reached: {why}")

    def dropped(self, out: Out) -> None:
        """A pilot was not sent after all, which says nothing of its node."""
        if out in self._roster:
            self._roster.remove(out)

    def took(self, pilot: str, payload: str, owner: str) -> None:
        """A pilot has been given a payload."""
        if out := self._roster.find(pilot):
            out.hand[payload] = owner
            out.had += 1

    def went_without(self, pilot: str) -> None:
        """A pilot that might have had something was given nothing."""
        out = self._roster.find(pilot)
        if out and not out.had and self._waiting(out.plan, 1):
            self._nodes.rest(out)

    def heard(self, report: Report) -> None:
        """What a pilot has said of a payload, and the queue has taken down."""
        out = self._roster.find(report.pilot)
        if out is None or report.payload not in {*out.hand, *out.running}:
            return
        owner = out.hand.get(report.payload, "")
        if report.state in (State.STARTED, State.ENDED) and owner:
            out.running.add(report.payload)
            del out.hand[report.payload]
            self._nodes.succeeded(out)
        elif owner and report.state.final and report.identity is None:
            self._nodes.failed(out, owner, f"{report.payload} {report.state}: {report.why}")
        if report.state.final:
            out.drop(report.payload)

    def ended(self, end: PilotEnd) -> None:
        """A pilot has ended."""
        if (out := self._roster.find(end.pilot)) is None:
            return
        self._roster.remove(out)
        how = end.why or f"code {end.code}"
        for payload, owner in out.hand.items():
            self._nodes.failed(out, owner, f"{payload}: its pilot ended before it started, {how}")
        if end.code != 0 and not out.had and out.plan.name in self._plans:
            self._nodes.failed(out, out.owner, f"{end.pilot} ended before it had a payload: {how}")

    def _forget_taken_away(self) -> None:
        """Payloads that the queue has taken from pilots that were not heard of."""
        for out in self._roster:
            for payload in (*out.hand, *out.running):
                report = self._queue.look(payload)
                if report.pilot == out.pilot and not report.state.final:
                    continue
                if owner := out.hand.get(payload):
                    self._nodes.failed(out, owner, f"{payload}: its pilot was not heard of")
                out.drop(payload)


def _serve(waiting: list[str], owner: str, many: int) -> None:
    """The first so many of what waits, of this owner or of any, will be taken by a pilot that is on its way."""
    for _ in range(many):
        if not owner and waiting:
            del waiting[0]
        elif owner in waiting:
            waiting.remove(owner)
