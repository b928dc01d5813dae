"""The engine, its client and Compose, and the images on it."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from testbed.lab.engine import Engine
from testbed.lab.images import WORKER_NODE
from testbed.lab.machine import command, compose, daemon, engine
from testbed.lab.machine.address import address
from testbed.model.problem import Problem

OLDEST = (20, 10)


def connected() -> Engine:
    """The engine that answers now, or a `Problem` with what to do about it."""
    if found := engine.look():
        return Engine(found.address.url)
    where = address(os.environ, Path.home())
    what = "no container engine answers"
    if not where.ours:
        mine = "unset DOCKER_HOST and run docker context use default to use this machine's own"
        raise Problem(what, cause=f"{where.url}, given by {where.source}, is silent", remedy=f"start it, or {mine}")
    if command.on_path("dockerd"):
        cause, remedy = (
            "dockerd is installed, but does not answer",
            f"starts it as root; or, as root: {daemon.remedy()}",
        )
    else:
        cause, remedy = (
            "dockerd is not installed",
            "installs it as root; or, as root: apt-get install docker.io iptables",
        )
    raise Problem(what, cause=cause, remedy=f"testbed up {remedy}")


def check_engine() -> str:
    """An engine answers, and is young enough; how it keeps containers apart."""
    here = connected()
    facts = here.facts()
    numbers = tuple(int(number) for number in re.findall(r"\d+", here.version)[:2])
    if numbers < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise Problem(f"docker {here.version} is too old", remedy=f"install docker {wanted} or later")
    parts = [f"docker {here.version} at {here.address}", str(facts["Driver"]), f"cgroup v{facts['CgroupVersion']}"]
    return ", ".join([*parts, *described(facts.get("SecurityOptions") or ())])


def described(options: Sequence[str]) -> list[str]:
    """The engine's security options in short: ``name=seccomp,profile=default`` is ``seccomp (default)``."""
    said = []
    for option in options:
        fields = dict(part.partition("=")[::2] for part in option.split(","))
        profile = f" ({fields['profile']})" if "profile" in fields else ""
        said.append({"userns": "userns-remap"}.get(fields["name"], fields["name"]) + profile)
    return said


def check_compose() -> str:
    """Docker's client with the Compose plugin, which only the demo site needs."""
    if version := compose.look():
        return f"docker compose {version}"
    client = command.on_path("docker")
    raise Problem(
        "docker compose v2 does not work, so there is no demo site",
        cause="its plugin is missing, or older than version 2" if client else "there is no docker client on PATH",
        remedy="as root: make demo installs it, or apt-get install " + " or ".join(compose.PACKAGES),
    )


def check_images(engine: Engine) -> str:
    """There is a worker node's image, which all further checks are tried in."""
    if not engine.has_image(WORKER_NODE.reference):
        raise Problem(
            "images not built; what containers can do is not tried",
            cause=f"the engine has no {WORKER_NODE.reference}",
            remedy="make images",
        )
    return f"{WORKER_NODE.reference} is there"
