"""One payload on its way, and the environments in which it is started, or the switch for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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


def as_pilot(task: Task) -> dict[str, str]:
    """The environment of a payload that runs as the pilot."""
    return {"HOME": str(task.place.folder), "PATH": "/usr/bin:/bin", "X509_USER_PROXY": str(task.place.proxy)}


def for_switch(task: Task, pilots_proxy: Path) -> dict[str, str]:
    """The environment of a call of the switch."""
    return {
        "HOME": str(task.place.folder),
        "PATH": "/usr/bin:/bin",
        "X509_USER_PROXY": str(pilots_proxy),
        "GLEXEC_CLIENT_CERT": str(task.place.proxy),
        "GLEXEC_SOURCE_PROXY": str(task.place.proxy),
        "GLEXEC_TARGET_PROXY": str(task.place.copy),
        "GLEXEC_ID": task.payload.ident,
    }


def without_copy(task: Task) -> dict[str, str]:
    """The environment of a call that needs no copy of the proxy."""
    return {**task.calls, "GLEXEC_TARGET_PROXY": "/dev/null"}
