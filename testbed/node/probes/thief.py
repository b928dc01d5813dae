"""Alice's payload: tries what it should not, and says what it got: ``python3 - TARGETS < thief.py``.

TARGETS is JSON: attack -> {"kind": "read", "path", "marker"}, {"kind": "environ", "pid", "marker"} or
{"kind": "signal", "pid", "signal", "marker"}. It prints attack -> {"attempt", "saw", "errno"}, as
`testbed.node.probes.finding` has them. What is in the victim's place, as the thief's own proxy is in a machine of its
own, is not the victim's.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping

from testbed.node.probes.finding import LARGEST, Finding, Target, blocked, succeeded, text, tried, untried


def read(path: str, marker: bytes) -> Finding:
    """Read a file; only what is in it proves anything."""
    own = os.environ.get("X509_USER_PROXY")
    if own and os.path.realpath(own) == os.path.realpath(path):
        return blocked(f"{path} is the thief's own proxy: the victim's is not on this machine")
    with open(path, "rb") as file:
        content = file.read(LARGEST)
    if marker in content:
        return succeeded(f"{len(content)} bytes of {path}, the secret among them")
    return blocked(f"{path} is there, but holds nothing of the victim's: {len(content)} bytes")


def send(pid: int, name: str, marker: bytes) -> Finding:
    """Send a signal, once it is sure that the process is the victim's."""
    if pid == os.getpid():
        return blocked(f"process {pid} is the thief itself: the victim is not on this machine")
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        command = file.read(LARGEST)
    if marker not in command:
        return blocked(f"process {pid} is not the victim: {text(command)}")
    os.kill(pid, signal.Signals[name])
    return succeeded(f"process {pid} took {name}: {text(command)}")


def attempt(target: Target) -> Finding:
    """One attack."""
    marker = str(target["marker"]).encode()
    if not marker:
        return untried("without a marker nothing can be proved")
    match target["kind"]:
        case "read":
            return read(str(target["path"]), marker)
        case "environ":
            return read(f"/proc/{int(str(target['pid']))}/environ", marker)
        case "cmdline":
            return read(f"/proc/{int(str(target['pid']))}/cmdline", marker)
        case "signal":
            return send(int(str(target["pid"])), str(target["signal"]), marker)
        case kind:
            return untried(f"no such kind of attack: {kind}")


def main(targets: Mapping[str, Target]) -> None:
    """Try every attack."""
    print(json.dumps({attack: tried(attempt, target) for attack, target in targets.items()}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
