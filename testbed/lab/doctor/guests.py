"""Virtual machines in containers: with KVM where a guest proves it, emulated by QEMU alone (TCG) everywhere else."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from testbed.lab.engine import Ending, Engine, Errand
from testbed.lab.layout import NODE, PYTHON
from testbed.model.problem import Problem

DEVICE = "/dev/kvm"
LIMIT = 20
"""Seconds for one guest; an emulated one takes 3 to 8 on two busy cores."""
EMULATED = "guests are emulated then, and start in seconds rather than in one"


def check_kvm(engine: Engine, errand: Errand, device: str = DEVICE) -> str:
    """A guest reaches user land with KVM. That the device is there, or even opens, proves nothing."""
    try:
        ending = _launched(engine, dataclasses.replace(errand, devices=(*errand.devices, device)), "--probe")
    except Problem as problem:
        if device not in problem.cause:
            raise
        raise kvm_problem(f"the engine's machine has no {device}") from problem
    found: Mapping[str, Any] = json.loads(_good(ending).out)
    if found["accelerator"] != "kvm":
        raise kvm_problem(found["cause"])
    return str(found["cause"])


def kvm_problem(cause: str) -> Problem:
    """What to do where KVM does not work, which is no great loss."""
    mend = (
        "as root: modprobe kvm_intel or kvm_amd, with virtualisation switched on in the firmware"
        if "has no" in cause
        else "let processes in containers open it: chmod 0666 on it, or a udev rule"
        if "may not be opened" in cause
        else "let this machine's own host do nested virtualisation properly"
    )
    return Problem(f"{DEVICE} is of no use", cause=cause, remedy=f"{mend}; or leave it: {EMULATED}")


def check_emulation(engine: Engine, errand: Errand) -> str:
    """A guest without KVM runs ``id -un`` and says who it was."""
    words = ("--cold", "--limit", str(LIMIT), "--result", "/dev/stderr", "--", "/usr/bin/id", "-un")
    ending = _good(_launched(engine, errand, *words))
    result: Mapping[str, Any] = json.loads(ending.err)
    who = ending.out.decode().strip()
    if who != result["identity"]["user"] or result["accelerator"] != "tcg":
        raise Problem("an emulated guest does not say who its payload was", found=f"{who!r}, {result}")
    return f"a guest without KVM, Linux {result['kernel']}, was up in {result['boot_seconds']} s and ran id -un: {who}"


def _launched(engine: Engine, errand: Errand, *words: str) -> Ending:
    launcher = dataclasses.replace(errand, command=(*PYTHON, f"{NODE}/vm", *words))
    with engine.errand(launcher) as container:
        return container.ending(LIMIT + 5)


def _good(ending: Ending) -> Ending:
    if ending.code != 0:
        cause, _, remedy = ending.err.removeprefix("[vm]: ").strip().rpartition("; ")
        raise Problem("no guest ran", found=f"exit code {ending.code}", cause=cause or ending.err, remedy=remedy)
    return ending
