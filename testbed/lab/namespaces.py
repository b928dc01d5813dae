"""Worker nodes whose accounts may make user namespaces: what Docker has to let through, and no more.

Docker's default system call filter lets nobody make a namespace. The filter of such a node is Docker's default and six
rules, each with its reason: images/worker-node/seccomp.json. A fresh /proc, which a pid namespace is of little use
without, the kernel gives only to whom some /proc is in full view; Docker covers parts of the node's, and they stay
covered. So the node gets a second one of its processes alone, without /proc/sys and the like, in a folder of root's.
"""

import json
from collections.abc import Mapping

from testbed.lab import layout
from testbed.lab.engine import Container, Engine, Errand
from testbed.lab.host import Host
from testbed.lab.images import ROOT
from testbed.model.problem import Problem
from testbed.site.capability import SYS_ADMIN

FILTER = ROOT / "images" / "worker-node" / "seccomp.json"
PLACE = "/run/processes"
"""The folder of root's in which the second /proc lies."""
LIMIT = 10.0
"""Seconds for mounting it, and for a trial; usual is a quarter of one."""
MOUNT = (
    f"mkdir -p -m 700 {PLACE} && mkdir -p {PLACE}/proc && mountpoint -q {PLACE}/proc || "
    f"exec mount -t proc -o nosuid,nodev,noexec,subset=pid proc {PLACE}/proc"
)
"""A node that was restarted has the folders and not the mount."""
ENTER = ("nsenter", "--target", "1", "--mount", "--", "/bin/sh", "-c")
MAY = (SYS_ADMIN, "SYS_PTRACE")
"""What a container needs that enters the mounts of another one's first process, and mounts there."""


def security() -> tuple[str, ...]:
    """As ``docker run --security-opt`` has them: the filter; and no AppArmor profile, since Docker's refuses mounts."""
    return (f"seccomp={FILTER.read_text()}", "apparmor=unconfined")


def show_processes(engine: Engine, node: Container, image: str, labels: Mapping[str, str]) -> None:
    """Mount the second /proc of a worker node. It takes a container beside it that may mount, for a moment."""
    errand = Errand(
        image,
        (*ENTER, MOUNT),
        labels,
        capabilities=MAY,
        security=("apparmor=unconfined",),
        processes=node.ident,
    )
    with engine.errand(errand) as beside:
        ending = beside.ending(LIMIT)
    if ending.code != 0:
        found = f"exit code {ending.code}\n{ending.err[-2000:]}"
        raise Problem("the worker node's processes cannot be shown to user namespaces", where=node.name, found=found)


def shows_processes(node: Container) -> bool:
    """Whether the second /proc is there."""
    try:
        node.execute(["mountpoint", "-q", f"{PLACE}/proc"], LIMIT)
    except Problem:
        return False
    return True


def why_not(node: Host, account: str, unshown: str = "") -> str:
    """Why a payload of this account cannot have namespaces of its own on this worker node; empty where it can.

    ``unshown`` is why the second /proc could not be mounted, where it could not: most likely the cause of the cause.
    """
    command = (*layout.PYTHON, f"{layout.NODE}/container", "--probe")
    found = json.loads(node.run(command, user=account, limit=LIMIT).check().text)
    return "" if found["usable"] else "; ".join(filter(None, (str(found["cause"]), unshown)))
