"""The start handshake as each mode has it: the words around a payload, and what its first line tells."""

import contextlib
import os
from collections.abc import Mapping
from typing import Any

from ..common.handshake import WRAPPER, started
from .report import Report
from .task import Task

NAMESPACES = ("user", "mnt", "pid", "ipc")
"""What a payload of mode container has of its own, if that is to be called apart."""
NAMED_WRAPPER = WRAPPER.replace("\\n", " %s %s %s %s\\n").replace(
    '"$host"', f'"$host" $(/usr/bin/readlink {" ".join(f"/proc/self/ns/{name}" for name in NAMESPACES)})'
)
"""The handshake with the numbers of its namespaces, as the kernel names them to whoever is in them."""
WITHIN = 'cd -- "$1" || exit 126; shift; '
"""Before it, where the payload has the pilot's own account."""
NO_FOLDER = "[pilot]: no folder to work in"
WORKSHOP = f"""\
if /usr/bin/mkdir -m 700 -- "$1" && cd -- "$1" && {{ test -z "$2" || /usr/bin/cp -R -- "$2/." .; }}
then shift 2; else echo "{NO_FOLDER}" >&2; exit 126; fi
"""
"""Before it, where the payload has an account of its own: it makes its folder itself, so that nothing of the pilot's
has to be open to others. The name is the pilot's, and nobody can know it before."""


def wrapped(
    task: Task,
    *,
    own_account: bool = False,
    in_folder: bool = False,
    elsewhere: bool = False,
    wrapper: str = WRAPPER,
) -> list[str]:
    """The command that says who it is and then becomes the payload. The switch refuses symbolic links.

    ``in_folder``: it goes to the payload's folder first, since the switch begins in the account's home.
    ``elsewhere``: its folder is not on this node.
    """
    shell, payload, place = os.path.realpath("/bin/sh"), task.payload, task.place
    if own_account:
        folder = str(place.folder) if payload.sandbox else ""
        return [shell, "-c", WORKSHOP + WRAPPER, "payload", str(place.work), folder, *payload.argv]
    if (in_folder or payload.sandbox) and not elsewhere:
        return [shell, "-c", WITHIN + wrapper, "payload", str(place.folder), *payload.argv]
    return [shell, "-c", wrapper, "payload", *payload.argv]


def parsed_start(out: bytes) -> tuple[Mapping[str, Any] | None, bytes]:
    """The handshake in the first line of an output, and the output without it."""
    identity, named, rest = started(out)
    if identity and named:
        identity["namespaces"] = dict(each.split(":") for each in named)
        identity["pilots_namespaces"] = own_namespaces()
    return identity, rest


def own_namespaces() -> dict[str, str]:
    """The numbers of our own namespaces: ``{"pid": "[4026531836]"}``."""
    found = {}
    for name in NAMESPACES:
        with contextlib.suppress(OSError):
            found[name] = os.readlink(f"/proc/self/ns/{name}").partition(":")[2]
    return found


def in_own_namespaces(identity: Mapping[str, Any]) -> bool:
    """Whether a payload has said that it is in other namespaces than we are, each of those that count."""
    its, ours = identity.get("namespaces", {}), identity.get("pilots_namespaces", {})
    return all(name in its and name in ours and its[name] != ours[name] for name in NAMESPACES)


def no_folder(report: Report) -> bool:
    """Whether the payload's account was there, and could not make the folder that the payload starts in."""
    return report.identity is None and report.code == 126 and NO_FOLDER.encode() in report.err
