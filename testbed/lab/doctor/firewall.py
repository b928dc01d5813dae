"""Packet filter rules in a container's own network, by which faults cut it off."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from testbed.lab.doctor.question import ask
from testbed.lab.engine import Engine, Errand
from testbed.model.problem import Problem


def check(engine: Engine, errand: Errand) -> str:
    """A DROP rule stops a connection that came about before, and does again when the rule is gone."""
    capable = dataclasses.replace(errand, capabilities=(*errand.capabilities, "NET_ADMIN"))
    return verdict(ask(engine, capable, "firewall"), errand.image)


def verdict(seen: Mapping[str, Any], image: str) -> str:
    """What the trials of one or two variants of iptables say: one that works is enough."""
    trials: list[Mapping[str, Any]] = seen["tried"]
    works = next((trial for trial in trials if trial["felt"] and trial["healed"] and not trial["error"]), None)
    if works:
        return f"a DROP rule in a container's own network is felt, and heals ({works['version']})"
    if not trials:
        raise Problem(
            "no rule can be tried",
            cause=f"the image {image} has no iptables",
            remedy="add the package iptables to images/worker-node/Dockerfile, then make images",
        )
    complaints = [f"{trial['version']}: {trial['error']}" for trial in trials if trial["error"]]
    raise Problem(
        "a DROP rule in a container's own network " + ("cannot be set" if complaints else "is not felt"),
        cause="\n".join(complaints) or "the kernel takes rules, but does not apply them in containers",
        remedy="as root on the engine's machine: modprobe -a nf_tables nft_compat ip_tables iptable_filter xt_tcpudp",
    )
