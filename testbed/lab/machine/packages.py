"""Debian packages of this machine: which version there is, and installing one after saying so."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from testbed.lab.machine import command
from testbed.lab.machine.phases import Say
from testbed.lab.wait import eventually
from testbed.model.problem import Problem

LISTS = Path("/var/lib/apt/lists")
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
LIMIT = 600.0
"""Seconds for one call of apt-get."""
LOCK_LIMIT = 120
"""Seconds that another package manager, such as the updates of a machine's first minutes, may hold us up."""


def install(packages: Sequence[str], why: str, say: Say) -> None:
    """Install packages without what they merely recommend, or say with a `Problem` who has to do it."""
    argv = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    permit(why, " ".join(argv))
    say(f"{why}: installing {', '.join(packages)}")
    call = [*argv[:1], "-q", "-o", f"DPkg::Lock::Timeout={LOCK_LIMIT}", *argv[1:]]
    try:
        command.run_to_its_end(call, limit=LIMIT, environment=QUIET)
    except Problem:
        update()  # package lists that are missing or old are the usual reason
        command.run_to_its_end(call, limit=LIMIT, environment=QUIET)


def permit(why: str, remedy: str) -> None:
    """Raise a `Problem` with the remedy unless this machine may and can be changed by us."""
    if os.environ.get("TESTBED_INSTALL", "").lower() in ("no", "0", "false"):
        raise Problem(why, cause="TESTBED_INSTALL=no forbids mending this here", remedy=f"as root: {remedy}")
    if os.geteuid() != 0:
        raise Problem(why, cause="only root can mend this", remedy=f"as root: {remedy}")
    if not debian_like():
        raise Problem(
            why,
            found=system().get("PRETTY_NAME", "an unknown system"),
            expected="Debian 12 or 13, Ubuntu 24.04, or one like them, where it can be mended here",
            remedy="install a Docker engine (20.10 or later), its client and the Compose plugin (v2), then try again",
        )


def candidate(package: str) -> str:
    """The version that apt would install, or "" where its lists name none."""
    if not command.on_path("apt-cache"):
        return ""
    policy = command.run(["apt-cache", "policy", package], limit=30)
    for line in policy.splitlines():
        label, _, version = line.strip().partition(": ")
        if label == "Candidate" and version != "(none)":
            return version.rpartition(":")[2]
    return ""


def know() -> None:
    """Have package lists: fetch them where there are none yet."""
    if not any(LISTS.glob("*_Packages*")):
        update()


def update() -> None:
    """Fetch the package lists anew, waiting for whoever holds their lock. One source that fails spoils nothing."""

    def attempt() -> bool:
        try:
            command.run_to_its_end(["apt-get", "update", "-q"], limit=LIMIT, environment=QUIET)
        except Problem as problem:
            return "Could not get lock" not in problem.cause
        return True

    eventually(attempt, within=LOCK_LIMIT, every=1)


def debian_like() -> bool:
    """Whether this is Debian, or says that it is like it."""
    return "debian" in f"{system().get('ID', '')} {system().get('ID_LIKE', '')}".split()


def system() -> dict[str, str]:
    """What the machine's os-release says of it; empty where there is none."""
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}
