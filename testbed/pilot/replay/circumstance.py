"""What a fault is to the clients that meet it: what it really is, whom it is like, and what the code is."""

from dataclasses import dataclass

from testbed.model.cell import Cell
from testbed.model.condition import EXAMPLES, NEVER_OPEN
from testbed.model.consequence import CONSEQUENCES
from testbed.model.effect import Cause
from testbed.model.failure import Failure, class_of
from testbed.model.fault import Fault
from testbed.model.mode import Mode
from testbed.model.node_consequence import NODE_CONSEQUENCES
from testbed.pilot.replay.documented import Kind

NO_ROOM = (Fault.TMP_FULL, Fault.TMP_OUT_OF_INODES, Fault.TMP_READ_ONLY)
"""Faults that only a call meets which leaves the place of the proxy's copy to the switch."""
OWNERS_OWN = (Fault.LEASES_INCONSISTENT,)
"""Faults that only the payload's owner meets: it is her lease that has a link too many."""
NAMED = frozenset(reason for condition in EXAMPLES for reason in condition.causes)
"""The causes on which question 4 "depends" in replays, for a payload without a role."""


@dataclass(frozen=True, slots=True)
class Circumstance:
    """``truth`` is the class of what is broken, ``code`` what the switch ends with where it runs nothing."""

    truth: Failure
    kind: Kind
    code: int = 203
    recorded: bool = True
    """Whether the node's log has the switch's record of a payload that runs."""


def circumstance_of(cell: Cell) -> Circumstance:
    """What the fault of a cell is to clients, at a site that tells causes."""
    if cell.fault is Fault.NONE:
        return Circumstance(Failure.PAYLOAD, Kind.WELL)
    if cell.fault is Fault.NO_CONFIG:
        return Circumstance(Failure.INTERNAL, Kind.BROKEN, 202)
    if cell.fault in CONSEQUENCES:
        cause = CONSEQUENCES[cell.fault].cause_with(cell.authority)
        return Circumstance(class_of(cause), _kind(cause)) if cause else Circumstance(Failure.PAYLOAD, Kind.WELL)
    return _on_node(cell.fault, cell.mode)


def _on_node(fault: Fault, mode: Mode) -> Circumstance:
    consequence = NODE_CONSEQUENCES[fault]
    cause, code = consequence.cause_in(mode), consequence.code_in(mode)
    if cause is None:
        return Circumstance(Failure.PAYLOAD, Kind.WELL, recorded=consequence.recorded)
    if fault in NO_ROOM:
        return Circumstance(Failure.INTERNAL, Kind.NO_ROOM, code)
    if fault in OWNERS_OWN:
        return Circumstance(Failure.INTERNAL, Kind.OWNERS_OWN, code)
    return Circumstance(consequence.failure_in(mode), _kind(cause) if consequence.told else Kind.BROKEN, code)


def _kind(cause: Cause) -> Kind:
    failure = class_of(cause)
    if failure is Failure.DENIED:
        return Kind.DENIED
    if failure is Failure.TRACELESS:
        return Kind.TRACELESS
    if cause.reason in NEVER_OPEN:
        return Kind.NOBODYS
    return Kind.AWAY if cause.reason in NAMED else Kind.BROKEN
