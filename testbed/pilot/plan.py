"""What a fleet is to be: which class of pilots, or of jobs, on which worker nodes, how many on each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from testbed.model.mode import WAYS
from testbed.model.problem import Problem, nearest, shown
from testbed.pilot.health import Caution
from testbed.pilot.needs import MOST_MEMORY, Offer, known_keys, number, word
from testbed.pilot.order import START_LIMITS, Order
from testbed.pilot.payload import with_types

MOST_NODES = 200
MOST_EACH = 100
MOST_SLOTS = 16
USUAL = Caution()


NAME = re.compile(r"[\w-]+")
"""Of a fleet: it stands in the path of a request."""


class Kind(StrEnum):
    """Who runs a user's payload on a worker node."""

    CLASSIC = "classic"
    """No pilot: the node's gatekeeper maps the user and starts each payload as a job of its own."""
    SINGLE_USER = "single-user"
    """A pilot that the gatekeeper starts as one user, with that user's proxy, and that takes payloads of no other."""
    MULTI_USER = "multi-user"
    """A pilot of the VO's, which takes everybody's payloads and calls the switch for each."""

    @property
    def by_gatekeeper(self) -> bool:
        """Whether it is the site that maps the user, when the job comes."""
        return self is not Kind.MULTI_USER


@dataclass(frozen=True, slots=True)
class Plan:
    """A class of pilots, kept on each of its nodes as long as something waits in the queue that they could take."""

    name: str
    order: Order
    """What each pilot is sent with; the node stands in ``nodes``."""
    nodes: tuple[Mapping[str, str | int], ...]
    """What differs from the VO's usual worker node, each; ``name`` is how it is told apart."""
    kind: Kind = Kind.MULTI_USER
    each: int = 1
    """Pilots on each node."""
    slots: int = 1
    """Payloads that a pilot has at once."""
    memory: int = 0
    """MiB for each payload; 0: whatever the node has."""
    role: str = ""
    """It takes only payloads of owners with this role; empty: everybody's."""
    caution: Caution | None = USUAL
    """None: nothing is learnt from what nodes do with payloads."""

    @property
    def most(self) -> int:
        """Payloads that each node may have in hand."""
        return self.each * self.slots

    @property
    def offer(self) -> Offer:
        """What its pilots will say that they have, as far as that is known before they are there."""
        order = self.order
        start = order.start_limit or START_LIMITS[order.mode]
        return Offer(order.mode, order.slot, self.memory or MOST_MEMORY, order.limit, start_limit=start)

    def json(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "name": self.name,
            "order": self.order.json(),
            "nodes": [dict(node) for node in self.nodes],
            "kind": str(self.kind),
            "each": self.each,
            "slots": self.slots,
            "memory": self.memory,
            "role": self.role,
            "caution": self.caution.json() if self.caution else None,
        }

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Plan":
        """The plan of JSON data; a `Problem` names what is wrong with it."""
        with_types(data, name=str, order=dict, nodes=list)
        known_keys(data, "a fleet", cls.__slots__)
        kind = data.get("kind", Kind.MULTI_USER)
        if kind not in list(Kind):
            near = nearest(str(kind), Kind)
            raise Problem(
                "no such kind of job",
                found=shown(kind),
                expected=", ".join(Kind),
                remedy=f"did you mean {near!r}?" if near else "",
            )
        caution = data.get("caution", USUAL.json())
        plan = cls(
            word(data["name"], "the name of a fleet"),
            Order.parse(data["order"]),
            _nodes(data["nodes"]),
            Kind(kind),
            number(data.get("each", 1), "the number of pilots on each node", MOST_EACH, 1),
            number(data.get("slots", 1), "the number of payloads at once", MOST_SLOTS, 1),
            number(data.get("memory", 0), "memory in MiB", MOST_MEMORY),
            word(data.get("role", ""), "a role"),
            None if caution is None else Caution.parse(caution),
        )
        if not NAME.fullmatch(plan.name):
            raise Problem("a fleet needs a name", found=shown(plan.name), expected="letters, digits, - and _")
        if plan.kind.by_gatekeeper and WAYS[plan.order.mode].calls_switch:
            raise Problem(
                "the gatekeeper has mapped the user already: such a job calls no switch",
                where=plan.name,
                found=f"{plan.kind} in mode {plan.order.mode}",
                expected="mode none",
            )
        return plan


def _nodes(data: list[Any]) -> tuple[Mapping[str, str | int], ...]:
    for node in data:
        with_types(node, name=str)
        known_keys(node, "a worker node", ("name", "address", "port", "account"))
    names = [node["name"] for node in data]
    if not 0 < len(names) == len(set(names)) <= MOST_NODES:
        raise Problem(
            "the nodes of a fleet", found=shown(names), expected=f"1 to {MOST_NODES}, each with a name of its own"
        )
    return tuple(data)
