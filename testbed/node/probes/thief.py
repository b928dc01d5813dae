"""Alice's payload: tries what it should not, and says what it got: ``python3 - TARGETS < thief.py``.

TARGETS is JSON: attack -> {"kind": "read", "path", "marker"}, {"kind": "environ", "pid", "marker"} or
{"kind": "signal", "pid", "signal", "marker"}. It prints attack -> {"attempt", "saw", "errno"}. An attempt succeeded
when the marker, which only the victim has, was read, or when the kernel took the signal for the process whose command
line holds the marker. It was blocked when the kernel refused, when the target is not there, or when something else is
in its place, as the thief's own proxy is in a machine of its own. All else was not tried, with the reason.
"""

import errno
import json
import os
import signal
import sys
from collections.abc import Mapping

REFUSED = {errno.EACCES, errno.EPERM}
ABSENT = {errno.ESRCH, errno.ENOENT, errno.ENOTDIR}
LARGEST = 1 << 20

Target = Mapping[str, object]
Finding = dict[str, str]


def read(path: str, marker: bytes) -> Finding:
    """Read a file; only what is in it proves anything."""
    own = os.environ.get("X509_USER_PROXY")
    if own and os.path.realpath(own) == os.path.realpath(path):
        return finding("blocked", f"{path} is the thief's own proxy: the victim's is not on this machine")
    with open(path, "rb") as file:
        content = file.read(LARGEST)
    if marker in content:
        return finding("succeeded", f"{len(content)} bytes of {path}, the secret among them")
    return finding("blocked", f"{path} is there, but holds nothing of the victim's: {len(content)} bytes")


def send(pid: int, name: str, marker: bytes) -> Finding:
    """Send a signal, once it is sure that the process is the victim's."""
    if pid == os.getpid():
        return finding("blocked", f"process {pid} is the thief itself: the victim is not on this machine")
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        command = file.read(LARGEST)
    if marker not in command:
        return finding("blocked", f"process {pid} is not the victim: {text(command)}")
    os.kill(pid, signal.Signals[name])
    return finding("succeeded", f"process {pid} took {name}: {text(command)}")


def attempt(target: Target) -> Finding:
    """Try one attack."""
    try:
        marker = str(target["marker"]).encode()
        if not marker:
            return finding("not tried", "without a marker nothing can be proved")
        match target["kind"]:
            case "read":
                return read(str(target["path"]), marker)
            case "environ":
                return read(f"/proc/{int(str(target['pid']))}/environ", marker)
            case "signal":
                return send(int(str(target["pid"])), str(target["signal"]), marker)
            case kind:
                return finding("not tried", f"no such kind of attack: {kind}")
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, str(error))
        kind = "blocked" if error.errno in REFUSED | ABSENT else "not tried"
        return finding(kind, str(error), name)
    except (KeyError, ValueError) as error:
        return finding("not tried", f"a target that makes no sense: {error!r}")


def finding(attempt: str, saw: str, number: str = "") -> Finding:
    """What is said of one attack."""
    return {"attempt": attempt, "saw": saw[:500], "errno": number}


def text(command: bytes) -> str:
    """A command line as people read it."""
    return command.replace(b"\0", b" ").decode(errors="replace").strip()[:200]


def main(targets: Mapping[str, Target]) -> None:
    """Try every attack."""
    print(json.dumps({attack: attempt(target) for attack, target in targets.items()}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
