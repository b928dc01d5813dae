"""Which accelerator QEMU gets: KVM only where a guest has proved it."""

import contextlib
import json
import os
from pathlib import Path

from .facts import boot_id
from .failure import Failure
from .machine import Kind
from .output import write_whole
from .payload import Payload
from .run import Run
from .saved import Unusable
from .shelf import Shelf

PROBE_LIMIT = 3.0
"""Seconds that KVM gets to prove itself; where it works, user land is reached in well under one."""


def accelerator() -> tuple[str, str]:
    """``kvm`` only where a guest was seen to reach user land with it since this machine was booted; and why."""
    if not os.path.exists("/dev/kvm"):
        return "tcg", "there is no /dev/kvm"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg", f"/dev/kvm may not be opened by uid {os.getuid()}"
    try:
        with Shelf.opened() as shelf:
            return remembered(shelf.path / "accelerator.json")
    except Unusable:
        return probe()


def remembered(memo: Path) -> tuple[str, str]:
    """What was found out since the node was booted, or is found out now."""
    boot = boot_id()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(memo.read_text())
        if known["boot"] == boot:
            return str(known["accelerator"]), str(known["cause"])
    found, cause = probe()
    with contextlib.suppress(OSError):
        write_whole(memo, json.dumps({"boot": boot, "accelerator": found, "cause": cause}).encode())
    return found, cause


def probe() -> tuple[str, str]:
    """Start a guest with KVM: the device opens on machines whose guests then hang, so only user land counts."""
    run = Run(Payload(["/usr/bin/true"]), Kind("kvm", 256), 2 * PROBE_LIMIT, cold=True)
    try:
        result = run.result(PROBE_LIMIT, boots=1)
    except Failure as failure:
        return "tcg", f"/dev/kvm opens, but {failure.cause}"
    return "kvm", f"a guest reached user land in {result['boot_seconds']} s"
