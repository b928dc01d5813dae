"""How a payload is kept apart from the pilot and from other payloads."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """The ways of running a payload, from nothing at all to a machine of its own."""

    NONE = "none"
    LOG_ONLY = "log-only"
    SETUID = "setuid"
    CONTAINER = "container"
    VM = "vm"


class Installation(StrEnum):
    """How the switch is installed on a worker node: a property of the site, not of the call."""

    LOG_ONLY = "log-only"
    """0555, no set-id bit: says yes or no and records, the uid stays the caller's."""
    SETUID = "setuid"
    """6111 root:glexec: authorises, maps, records and switches."""


@dataclass(frozen=True, slots=True)
class Way:
    """What a mode asks of the worker node, and what it gives."""

    mode: Mode
    calls_switch: bool
    installation: Installation
    host_identity: str
    """Whose uid the payload has on the worker node."""
    kept_apart_by: str
    separates: bool
    """Whether the payload cannot reach the pilot and the other payloads through their common uid."""
    user_namespaces: bool = False
    """Whether an ordinary account of the worker node has to be allowed to make them."""


WAYS = {
    way.mode: way
    for way in (
        Way(Mode.NONE, False, Installation.LOG_ONLY, "pilot", "nothing", False),
        Way(Mode.LOG_ONLY, True, Installation.LOG_ONLY, "pilot", "nothing", False),
        Way(Mode.SETUID, True, Installation.SETUID, "pool account", "uid", True),
        Way(
            Mode.CONTAINER,
            True,
            Installation.LOG_ONLY,
            "pilot",
            "namespaces of its own: user, mount, pid, ipc",
            True,
            user_namespaces=True,
        ),
        Way(Mode.VM, True, Installation.LOG_ONLY, "pilot", "a virtual machine per payload", True),
    )
}
"""The modes as data. The installation of mode ``none`` is the harmless one: the switch is there, nobody calls it."""
