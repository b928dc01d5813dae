"""User namespaces for ordinary accounts, which unprivileged containers on a worker node are made of."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from testbed.lab.doctor.question import ask, ask_here
from testbed.lab.engine import Engine, Errand
from testbed.model.problem import Problem

UNCONFINED = ("seccomp=unconfined", "apparmor=unconfined")
SWITCHES = {
    "user/max_user_namespaces": ("0", "15000"),
    "kernel/unprivileged_userns_clone": ("0", "1"),
    "kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
}
"""Kernel setting -> the value that forbids, the value that allows."""


def check_here() -> str:
    """An ordinary account of this machine makes one."""
    seen = ask_here("namespaces")
    if seen["user"]:
        raise why_not(seen)
    return f"an ordinary account may make them{_proc(seen)}"


def check_containers(engine: Engine, errand: Errand) -> str:
    """An ordinary account in a container makes one; if it may not, also without Docker's system call filter."""
    seen = ask(engine, errand, "namespaces")
    if not seen["user"]:
        return f"an ordinary account may make them{_proc(seen)}"
    freed = ask(engine, dataclasses.replace(errand, security=(*errand.security, *UNCONFINED)), "namespaces")
    if freed["user"]:
        raise why_not(freed)
    return f"only with --security-opt {UNCONFINED[0]}: Docker's default profile forbids unshare(2){_proc(freed)}"


def why_not(seen: Mapping[str, Any]) -> Problem:
    """The problem with its cause: the kernel setting that forbids, if one does."""
    shut = [name for name, value in seen["limits"].items() if SWITCHES[name][0] == value]
    names = [name.replace("/", ".") for name in shut]
    return Problem(
        "an ordinary account may not make a user namespace",
        found=seen["user"],
        cause=", ".join(f"{dotted} is {SWITCHES[name][0]}" for name, dotted in zip(shut, names, strict=True))
        or "no kernel setting forbids it: a security module or a system call filter does",
        remedy="as root: "
        + "; ".join(f"sysctl -w {dotted}={SWITCHES[name][1]}" for name, dotted in zip(shut, names, strict=True))
        if shut
        else "look at what confines this machine (aa-status, getenforce; grep Seccomp /proc/self/status)",
    )


def _proc(seen: Mapping[str, Any]) -> str:
    return f"; but no fresh /proc in them ({seen['proc'].removeprefix('unshare: ')})" if seen["proc"] else ""
