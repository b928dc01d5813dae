"""How each mode calls its payload, and what the pilot claims of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

LAUNCHER = ("/usr/bin/python3", "-I", "-S", "/usr/libexec/testbed/node/vm")
CONTAINER = ("/usr/bin/python3", "-I", "-S", "/usr/libexec/testbed/node/container")


@dataclass(frozen=True, slots=True)
class Mode:
    """How a mode calls its payload: what stands before the command, and what the pilot claims when it has run."""

    calls_switch: bool
    separates: bool
    own_account: bool = False
    """Whether the payload has an account of its own on this node."""
    in_folder: bool = False
    """Whether it starts in the folder that the pilot has made for it."""
    launcher: Callable[[float], list[str]] = field(default=lambda limit: [])

    @property
    def encloses(self) -> bool:
        """Whether it keeps a payload of the pilot's own account apart."""
        return self.separates and not self.own_account


MODES = {
    "none": Mode(calls_switch=False, separates=False, in_folder=True),
    "log-only": Mode(calls_switch=True, separates=False, in_folder=True),
    "setuid": Mode(calls_switch=True, separates=True, own_account=True),
    "container": Mode(calls_switch=True, separates=True, in_folder=True),
    "vm": Mode(
        calls_switch=True,
        separates=True,
        launcher=lambda limit: [*LAUNCHER, "--limit", str(math.ceil(limit))],
    ),
}
