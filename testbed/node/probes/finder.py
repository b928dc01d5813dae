"""The next payload: looks for what others left, and tries to use it: ``python3 - ORDERS < finder.py``.

ORDERS is JSON: "targets", attack -> one of

    {"kind": "read", "paths", "marker"}          a file holds the marker
    {"kind": "segment", "key", "marker"}         a segment of System V does
    {"kind": "queue", "name", "marker"}          the first message of a queue does
    {"kind": "run", "commands", "marker"}        one of them prints it
    {"kind": "start", "marker"}                  a shell or a Python that starts prints it, without being told to

It prints attack -> {"attempt", "saw", "errno"}, as `testbed.node.probes.finding` has them. With "hold", a path, it
first prints where its own proxy is, and waits until that path is there, at most LIMIT seconds.
"""

import json
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from testbed.node.probes.finding import ABSENT, LARGEST, REFUSED, Finding, Target, blocked, succeeded, tried, untried
from testbed.node.probes.mqueue import take as taken
from testbed.node.probes.sysv import read as held

LIMIT = 20.0
LOOK = 0.02
EACH = 4.0
"""Seconds for one command: all of them together, and what goes before, are less than a payload may take."""
STARTS = (
    ("/usr/bin/dash", "-l", "-c", ":"),
    ("/usr/bin/bash", "-i", "-c", ":"),
    ("/usr/bin/python3", "-c", "pass"),
)
"""Programs that execute what lies at home when they start: ~/.profile, ~/.bashrc, usercustomize of Python's."""


def read(paths: Iterable[str], marker: bytes) -> Finding:
    """Read any of these files."""
    refusals = []
    for path in paths:
        try:
            with open(path, "rb") as file:
                content = file.read(LARGEST)
        except OSError as error:
            if error.errno not in REFUSED | ABSENT:
                raise
            refusals.append(str(error))
            continue
        if marker in content:
            return succeeded(f"{path} holds what was left")
        refusals.append(f"{path} holds something else")
    return blocked("; ".join(refusals) or "there is nothing to read")


def attach(key: int, marker: bytes) -> Finding:
    """Read a segment."""
    if marker in held(key):
        return succeeded(f"the segment {key:#x} holds what was left")
    return blocked(f"the segment {key:#x} holds something else")


def take(name: str, marker: bytes) -> Finding:
    """Take a message out of a queue."""
    if marker in taken(name):
        return succeeded(f"the queue {name} holds what was left")
    return blocked(f"the queue {name} holds something else")


def run(commands: Iterable[Iterable[str]], marker: bytes, env: Mapping[str, str] | None = None) -> Finding:
    """Run commands, and look for the marker in what they print. Nothing follows from one that hangs."""
    said, hung = [], []
    for words in commands:
        command = list(words)
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=EACH, env=env)
        except subprocess.TimeoutExpired as error:
            hung.append(str(error))
            continue
        except OSError as error:
            if error.errno not in REFUSED | ABSENT:
                raise
            said.append(str(error))
            continue
        if marker in done.stdout:
            return succeeded(f"{' '.join(command)} printed what was left")
        said.append(f"{' '.join(command)} ended with {done.returncode}, {done.stderr.decode(errors='replace').strip()}")
    return untried("; ".join(hung + said)) if hung else blocked("; ".join(said))


def start(marker: bytes) -> Finding:
    """Start each program that reads something at home, and say which executed what was left; one is enough.

    At home is where passwd says, as for a login of the account: a pilot may have given the payload another HOME.
    """
    home = pwd.getpwuid(os.getuid()).pw_dir
    there = [command for command in STARTS if os.path.exists(command[0])]
    found = {command[0]: run([command], marker, {**os.environ, "HOME": home}) for command in there}
    did = [program for program, finding in found.items() if finding["attempt"] == "succeeded"]
    saw = f"of {', '.join(found)} {', '.join(did) or 'none'} executed what was left, with {home} as home"
    if did:
        return succeeded(saw)
    hung = [finding["saw"] for finding in found.values() if finding["attempt"] == "not tried"]
    return untried("; ".join([saw, *hung])) if hung else blocked(saw)


def attempt(target: Target) -> Finding:
    """One attack."""
    marker = str(target["marker"]).encode()
    if not marker:
        return untried("without a marker nothing can be proved")
    match target["kind"]:
        case "read":
            paths = target["paths"]
            assert isinstance(paths, list)
            return read(map(str, paths), marker)
        case "segment":
            return attach(int(str(target["key"])), marker)
        case "queue":
            return take(str(target["name"]), marker)
        case "run":
            commands = target["commands"]
            assert isinstance(commands, list)
            return run(commands, marker)
        case "start":
            return start(marker)
        case kind:
            return untried(f"no such kind of attack: {kind}")


def hold(path: str) -> None:
    """Say where the proxy is, and wait."""
    print(json.dumps({"proxy": os.environ.get("X509_USER_PROXY", ""), "pid": os.getpid()}), flush=True)
    deadline = time.monotonic() + LIMIT
    while not Path(path).exists() and time.monotonic() < deadline:
        time.sleep(LOOK)


def main(orders: Mapping[str, object]) -> None:
    """Try every attack."""
    if "hold" in orders:
        hold(str(orders["hold"]))
    targets = orders["targets"]
    assert isinstance(targets, dict)
    print(json.dumps({attack: tried(attempt, target) for attack, target in targets.items()}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
