"""Containers' addresses, reached from here: worker nodes are spoken to by ssh at their own addresses."""

import dataclasses
import secrets
import socket
from collections.abc import Sequence

from testbed.lab.doctor.question import program
from testbed.lab.engine import RUN, Container, Engine, Errand
from testbed.lab.wait import eventually
from testbed.model.problem import Problem

PORT = 2022
LIMIT = 4.0
"""Seconds within which a container's first process must be heard; usual is a quarter of one."""


def check(engine: Engine, errand: Errand) -> str:
    """A container on a network of its own, made as worlds make theirs, is heard saying a word that we chose."""
    network = f"testbed-{errand.labels[RUN]}-doctor"
    word = secrets.token_hex(8)
    greeter = dataclasses.replace(errand, network=network, command=(*program("greeting"), str(PORT), word))
    engine.network(network, errand.labels)
    try:
        with engine.errand(greeter) as container:
            heard = eventually(lambda: _heard(container.address) == word, within=LIMIT, every=0.03)
            if not heard:
                raise _silent(container, engine)
    finally:
        engine.remove_network(network)
    return f"a container on a network of its own answers at its own address, {container.address}"


def _heard(address: str) -> str:
    """What is said at an address; empty when nobody answers there."""
    try:
        with socket.create_connection((address, PORT), timeout=1) as peer, peer.makefile() as words:
            return words.read(64)
    except OSError:
        return ""


def _silent(container: Container, engine: Engine) -> Problem:
    facts = engine.facts()
    cause, remedy = why_silent(engine.address, str(facts.get("OperatingSystem")), facts.get("SecurityOptions") or ())
    where = f"{container.address} port {PORT}"
    return Problem(f"a container does not answer at its own address, {where}", cause=cause, remedy=remedy)


def why_silent(address: str, system: str, options: Sequence[str]) -> tuple[str, str]:
    """Why containers' networks are not reached from here, and what to do."""
    there = "run the testbed where the engine runs, for example in a Debian 13 virtual machine with docker.io"
    if not address.startswith("unix:"):
        return f"the engine is on another machine ({address}), whose container networks end there", there
    if "Desktop" in system:
        return f"{system} keeps its containers in a virtual machine of its own", there
    if any("rootless" in option for option in options):
        return "a rootless engine keeps its networks in a namespace of its own", "use an engine that runs as root"
    return (
        "a firewall or a route of this machine stands between",
        "look at ip route and at iptables -S OUTPUT; a VPN may have taken the addresses of Docker's networks",
    )
