"""Why bubblewrap ran nothing, in the words of the kernel's settings where they tell it."""

import contextlib
from pathlib import Path

from .failure import Failure

SETTINGS = Path("/proc/sys")
FORBIDDING = {
    "user/max_user_namespaces": "0",
    "kernel/unprivileged_userns_clone": "0",
    "kernel/apparmor_restrict_unprivileged_userns": "1",
}
"""Kernel setting -> the value with which an ordinary account makes no user namespace."""


def refusal(said: str, code: int) -> Failure:
    """Why bubblewrap ran nothing: what forbids it, in the words of the kernel's settings where they tell it."""
    last = said.strip().rpartition("\n")[2].removeprefix("bwrap: ")[:300] or f"exit code {code}, without a word"
    for name, value in FORBIDDING.items():
        with contextlib.suppress(OSError):
            if (SETTINGS / name).read_text().strip() == value and "namespace" in last:
                dotted = name.replace("/", ".")
                other = "15000" if dotted.endswith("_namespaces") else "01".replace(value, "")
                return Failure(f"no user namespace: {dotted} is {value}", f"as root: sysctl -w {dotted}={other}")
    if "mount proc" in last:
        return Failure(
            f"no fresh /proc: {last}",
            "let some /proc of the node be in full view: in a container of Docker's parts of it are covered",
        )
    if "namespace" in last or "user ns" in last or "Operation not permitted" in last:
        cause = "a system call filter or a security module forbids it" if filtered() else "a security module may"
        return Failure(f"no container: {last} ({cause})", "let accounts of the node make user namespaces")
    return Failure(f"no container: {last}", "look at the folders that are to be shown in it")


def filtered() -> bool:
    """Whether a system call filter is upon this process."""
    with contextlib.suppress(OSError):
        return "\nSeccomp:\t2" in Path("/proc/self/status").read_text()
    return False
