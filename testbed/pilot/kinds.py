"""The kinds of job that are compared: each a set of fleets that have the same slots on the same worker nodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from testbed.model.mode import Mode
from testbed.pilot.health import Caution
from testbed.pilot.order import Order
from testbed.pilot.plan import Kind, Plan
from testbed.pilot.workload import BIG, SHORT

SLOTS = 4
"""Payloads at once on each worker node, whatever the kind of job."""
ALL_PURPOSE = 300.0
"""Seconds that a pilot may take, where its class is not for short payloads."""
START_LIMIT = 30.0
CAUTION = Caution(first=3.0)
"""The first pause as short as the workload is."""


@dataclass(frozen=True, slots=True)
class Share:
    """One class of pilots, and how many slots of a node it has."""

    name: str
    kind: Kind = Kind.MULTI_USER
    each: int = SLOTS
    slots: int = 1
    limit: float = ALL_PURPOSE
    memory: int = 2 * BIG
    role: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of job, or of pilots, to be compared with others."""

    name: str
    mode: Mode
    shares: tuple[Share, ...]
    says: str

    def plans(self, slot: str, nodes: Sequence[Mapping[str, str | int]]) -> list[Plan]:
        """Its fleets, on these nodes, for payloads of this slot."""
        return [
            Plan(
                f"{slot}-{share.name}",
                Order(self.mode, slot=slot, limit=share.limit, start_limit=START_LIMIT, retries=0),
                tuple(nodes),
                share.kind,
                share.each,
                share.slots,
                share.memory,
                share.role,
                CAUTION,
            )
            for share in self.shares
        ]


CLASSIC = Way("classic", Mode.NONE, (Share("job", Kind.CLASSIC),), "a gatekeeper starts each payload as a job")
SINGLE_USER = Way(
    "single-user", Mode.NONE, (Share("own", Kind.SINGLE_USER),), "a pilot of each user, started by the gatekeeper"
)
CLASSES = (
    Share("short", each=1, limit=START_LIMIT + 3 * SHORT, memory=BIG - 1),
    Share("long", each=1, memory=BIG - 1),
    Share("big", each=1),
    Share("production", each=1, role="production"),
)


def multi_user(mode: Mode) -> Way:
    """One payload at a time."""
    return Way(f"multi-user {mode}", mode, (Share("any"),), "the VO's pilots, one payload at a time")


def at_once(mode: Mode) -> Way:
    """Several payloads at once."""
    return Way(
        f"at once {mode}", mode, (Share("any", each=1, slots=SLOTS),), f"one pilot a node, {SLOTS} payloads at once"
    )


def classes(mode: Mode) -> Way:
    """Short, long, big memory, production."""
    return Way(f"classes {mode}", mode, CLASSES, "the VO's pilots in four classes: short, long, big, production")


SETUID_SITE = (CLASSIC, SINGLE_USER, multi_user(Mode.SETUID), at_once(Mode.SETUID), classes(Mode.SETUID))
LOG_ONLY_SITE = (multi_user(Mode.LOG_ONLY), at_once(Mode.LOG_ONLY), classes(Mode.LOG_ONLY))
"""What can be compared at a site, by how its switch is installed."""
