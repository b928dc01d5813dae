"""The fleets of the running demo as people use them: `testbed fleet start|show|stop`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from testbed.lab.engine import Engine
from testbed.model.answers import Answers, MultiUser, OnInternalError
from testbed.model.mode import Mode
from testbed.pilot.client import Vo
from testbed.pilot.counter import printable, reached
from testbed.pilot.health import Caution
from testbed.pilot.order import Order
from testbed.pilot.plan import Plan
from testbed.site.load import example

USUAL = "usual"
"""What a fleet is called unless it is told."""


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
) -> Plan:
    """A class of pilots on worker nodes of the demo, called as in `testbed shell`. A `Problem` for what cannot be.

    ``first`` is the length of the first pause; 0: nothing is learnt from what nodes do with payloads. Where the
    nodes' sites answer differently the pilots go by what all of them allow.
    """
    found = [reached(engine, node) for node in nodes]
    answers = [example(site).answers for site, _ in found]
    wanted = Mode(mode or (Mode.LOG_ONLY if set(nodes) == {"log-only"} else Mode.SETUID))
    order = order_for(answers, wanted, seconds)
    caution = Caution() if first is None else replace(Caution(), first=first) if first else None
    made = Plan(name, order, tuple(at for _, at in found), each=each, slots=slots, memory=memory, role=role)
    return Plan.parse(replace(made, caution=caution).json())


def order_for(answers: Sequence[Answers], mode: Mode, seconds: float) -> Order:
    """What pilots are sent with to sites that answer so. A question that they answer differently counts as a no."""
    order = Order.at(answers[0], mode, limit=seconds)
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
            f"{told.name}: {told.kind} pilots, mode {told.order.mode}, {told.each} on each node{at_once}{whose}; "
            f"{fleet['sent']} sent, {fleet['waiting']} payloads wait"
        )
        for node in fleet["nodes"]:
            left = f" for {node['left']:.0f} s" if node["left"] else ""
            why = f": {printable(node['why'])}" if node["why"] else ""
            busy = f"{node['pilots']} pilots, {node['payloads']} payloads"
            yield f"  {node['name']:<22} {busy:<23} {node['standing']}{left}{why}"
