"""One payload on its way, and a command beside it that is over."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .failure import told
from .machine import Machine
from .payload import Payload
from .report import Account
from .sandbox import Place


@dataclass(slots=True)
class Task:
    """One payload with its places, what is to be told of it, and until when the proxy lasts that it has."""

    payload: Payload
    place: Place
    account: Account
    until: float
    calls: Mapping[str, str] = field(default_factory=dict)
    """The environment in which the switch is called for it."""
    began: float = 0.0
    """When its last run was begun, in seconds since 1970."""
    cleared: bool = False
    """Whether what its last run left was taken away, as far as that goes."""
    machine: Machine = field(default_factory=Machine)
    """Of its last run, where the mode gives it one."""
    let_in: bool = False
    """Whether its last run had got through the switch, where that can be seen of one that did not start."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A command beside the payload that is over; without a code it had to be ended."""

    code: int | None
    out: bytes
    err: bytes

    def __str__(self) -> str:
        cause = told(self.err.decode(errors="replace"), self.code)
        return f"{self.code}{f' ({cause.kind} {cause.reason})' if cause else ''}"
