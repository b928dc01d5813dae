"""Set-id programs in containers, which mode setuid stands on: tried, and why they do not work where they do not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.lab.doctor.mounts import mount_of
from testbed.lab.doctor.question import ask
from testbed.lab.engine import Engine, Errand
from testbed.lab.machine import daemon
from testbed.lab.machine.address import USUAL_SOCKETS
from testbed.model.problem import Problem

FOLDER = "/usr/sbin"
"""Where the switch lies."""
CAPABILITIES = {7: "CAP_SETUID", 6: "CAP_SETGID"}
"""What the switch cannot do without, by the bits of capabilities(7)."""
CONFIGURATION = Path("/etc/docker/daemon.json")


@dataclass(frozen=True, slots=True)
class Daemon:
    """What may make an engine of this machine set no_new_privs in every container. Empty: nothing is known."""

    options: tuple[str, ...] = ()
    """Its security options, as ``docker info`` has them."""
    configuration: str = ""
    words: tuple[str, ...] = ()
    """Its command line."""
    status: str = ""
    """Its own proc_pid_status(5)."""


def check(engine: Engine, errand: Errand) -> str:
    """An ordinary uid runs a set-id-root program beside the switch, which then becomes a third uid for good."""
    seen = ask(engine, errand, "setid", FOLDER)
    if seen["became"] != seen["wanted"]:
        raise why_not(seen, FOLDER, _daemon(engine))
    return f"uid {seen['from']} became uid {seen['became']} through a set-id-root program"


def why_not(seen: Mapping[str, Any], folder: str, engine: Daemon) -> Problem:
    """The problem with its cause, from what was seen in the container and at the engine."""
    mount = mount_of(folder, seen["mounts"])
    obstacles = sorted({"nosuid", "noexec"}.intersection(mount.options))
    missing = _missing(_field(seen["status"], "CapBnd"))
    if _field(seen["status"], "NoNewPrivs") == "1":
        cause, remedy = _origin(engine)
        cause = f"no_new_privs is set in containers: {cause}"
    elif obstacles:
        cause = f"{folder} is on the file system {mount.point} ({mount.kind}), mounted {' and '.join(obstacles)}"
        remedy = (
            "use the storage driver overlay2; or, as root: mount -o remount,suid,exec the file system that holds the "
            "engine's data root (docker info -f '{{.DockerRootDir}}'; findmnt -T names it)"
            if mount.point == "/"
            else f"start containers without that mount at {mount.point}"
        )
    elif missing:
        cause = f"containers run without {' and '.join(missing)}"
        remedy = "give containers Docker's default capabilities back (podman: default_capabilities in containers.conf)"
    else:
        cause = f"unknown: {seen['error'] or 'the program said nothing'}"
        remedy = "look at the kernel's log (dmesg) and at security modules (docker info -f '{{.SecurityOptions}}')"
    became = f"it stayed uid {seen['from']}" if not seen["became"] else f"it became uid {seen['became']}"
    return Problem(
        "a set-id-root program does not make an ordinary uid another", found=became, cause=cause, remedy=remedy
    )


def _origin(engine: Daemon) -> tuple[str, str]:
    """Who sets no_new_privs, and what to do about it."""
    restart = "systemctl restart docker" if daemon.systemd() else "kill $(cat /var/run/docker.pid), then start it again"
    if '"no-new-privileges":true' in "".join(engine.configuration.split()):
        return f"{CONFIGURATION} says so", f'as root: set "no-new-privileges": false in {CONFIGURATION}, then {restart}'
    if any(re.fullmatch(r"--no-new-privileges(=true)?", word) for word in engine.words):
        return "dockerd was started with --no-new-privileges", f"as root: take the option away, then {restart}"
    if _field(engine.status, "NoNewPrivs") == "1":
        return (
            "dockerd itself was started with it",
            "take NoNewPrivileges= out of its systemd unit; where this machine is a container itself, "
            "start that one without --security-opt no-new-privileges",
        )
    if any("no-new-privileges" in option for option in engine.options):
        return "the engine's default", "set no-new-privileges to false in the engine's configuration, then restart it"
    return (
        "by the way they are started",
        "start them without --security-opt no-new-privileges; if nobody asks for it, look at the engine's runtime "
        "(docker info -f '{{.DefaultRuntime}}')",
    )


def _missing(bounding: str) -> list[str]:
    """The capabilities that a bounding set, in hexadecimal, lacks."""
    held = int(bounding or "0", 16)
    return [name for bit, name in CAPABILITIES.items() if not held >> bit & 1]


def _field(status: str, name: str) -> str:
    found = re.search(rf"^{name}:\s*(\S+)", status, re.MULTILINE)
    return found[1] if found else ""


def _daemon(engine: Engine) -> Daemon:
    """The engine as far as it can be seen from here; any but the usual one shows its options only."""
    options = tuple(engine.facts().get("SecurityOptions") or ())
    number = daemon.running() if engine.address in USUAL_SOCKETS else 0
    if not number:
        return Daemon(options)
    process = Path("/proc") / str(number)
    return Daemon(
        options,
        _read(CONFIGURATION),
        tuple(_read(process / "cmdline").split("\0")),
        _read(process / "status"),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
