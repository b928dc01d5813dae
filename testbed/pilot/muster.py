"""The fleets of the running demo as people use them: `testbed fleet start|show|stop`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from testbed.lab import demo
from testbed.lab.engine import Engine
from testbed.model.answers import MultiUser, OnInternalError
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.client import Vo
from testbed.pilot.counter import place, printable, reached
from testbed.pilot.health import Caution
from testbed.pilot.order import Order
from testbed.pilot.plan import Kind, Plan
from testbed.site.load import example
from testbed.site.site import Site

USUAL = "usual"
"""What a fleet is called unless it is told."""

WHAT = {
    Kind.CLASSIC: "classic jobs",
    Kind.SINGLE_USER: "single-user pilots",
    Kind.MULTI_USER: "multi-user pilots",
}
"""What a fleet sends, by its kind."""


def plan(
    engine: Engine,
    nodes: Sequence[str],
    *,
    name: str = USUAL,
    mode: str = "",
    each: int = 1,
    slots: int = 1,
    seconds: float = 300.0,
    memory: int = 0,
    role: str = "",
    first: float | None = None,
    kind: Kind = Kind.MULTI_USER,
    proxy: float = 0.0,
) -> Plan:
    """A class of pilots on worker nodes of the demo, called as in `testbed shell`. A `Problem` for what cannot be.

    ``first`` is the length of the first pause; 0: nothing is learnt from what nodes do with payloads. Where the
    nodes' sites answer differently the pilots go by what all of them allow.
    """
    found = [reached(engine, node) for node in nodes]
    if kind.by_gatekeeper:
        with_gatekeepers(engine, nodes)
    wanted = Mode(mode or usual_mode(nodes, kind))
    order = replace(order_for([example(site) for site, _ in found], wanted, seconds), proxy=proxy)
    caution = Caution() if first is None else replace(Caution(), first=first) if first else None
    made = Plan(name, order, tuple(at for _, at in found), kind, each, slots, memory, role)
    return Plan.parse(replace(made, caution=caution).json())


def usual_mode(nodes: Sequence[str], kind: Kind) -> Mode:
    """Where nobody says how payloads are kept apart. A job of the gatekeeper's calls no switch."""
    if kind.by_gatekeeper:
        return Mode.NONE
    return Mode.LOG_ONLY if set(nodes) == {"log-only"} else Mode.SETUID


def with_gatekeepers(engine: Engine, nodes: Sequence[str]) -> None:
    """Raises `Problem` where one of these nodes has no gatekeeper that the VO may call."""
    has = {node: demo.has_gatekeeper(engine, host) for node, (_, host) in zip(nodes, map(place, nodes), strict=True)}
    if lacking := [node for node, there in has.items() if not there]:
        raise Problem(
            "a worker node without a gatekeeper: nobody maps a user there before a job starts",
            found=", ".join(lacking),
            expected="--node setuid, the demo's only node that has one",
            remedy="or compare the kinds on worlds of their own: testbed fleet compare",
        )


def order_for(sites: Sequence[Site], mode: Mode, seconds: float) -> Order:
    """What pilots are sent with to these sites.

    A question that they answer differently counts as a no; what one of them does not share with a container, none does.
    """
    answers = [site.answers for site in sites]
    container = dict(chain.from_iterable(site.containers.items() for site in sites))
    order = Order.at(answers[0], mode, limit=seconds, container=container)
    if len({(each.multi_user_pilots, each.multi_user_pilots_if) for each in answers}) > 1:
        order = replace(order, multi_user_pilots=MultiUser.NO, multi_user_pilots_if=())
    if len({(each.on_internal_error, each.on_internal_error_if) for each in answers}) > 1:
        order = replace(order, on_internal_error=OnInternalError.NO, on_internal_error_if=())
    return replace(order, needs_trace=any(each.needs_trace for each in answers))


def shown(vo: Vo, *, as_json: bool) -> Iterator[str]:
    """Every fleet, and a line for each of its nodes."""
    fleets = vo.fleets()
    if as_json:
        yield json.dumps(fleets, indent=2)
        return
    if not fleets:
        yield "there is no fleet: testbed fleet start --node setuid"
    for fleet in fleets:
        told = Plan.parse(fleet["plan"])
        at_once = f", {told.slots} payloads at once" if told.slots > 1 else ""
        whose = f", role {told.role}" if told.role else ""
        yield (
            f"{told.name}: {WHAT[told.kind]}, mode {told.order.mode}, {told.each} on each node{at_once}{whose}; "
            f"{fleet['sent']} sent, {fleet['waiting']} payloads wait"
        )
        for node in fleet["nodes"]:
            left = f" for {node['left']:.0f} s" if node["left"] else ""
            why = f": {printable(node['why'])}" if node["why"] else ""
            busy = f"{node['pilots']} pilots, {node['payloads']} payloads"
            yield f"  {node['name']:<22} {busy:<23} {node['standing']}{left}{why}"
