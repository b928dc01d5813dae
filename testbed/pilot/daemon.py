"""What a pilot's framework keeps running beside its payloads, on a worker node, for the time of a ``with``."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from testbed.lab.host import Host
from testbed.model.problem import Problem
from testbed.pilot.probes import probe

LIMIT = 20.0
"""Seconds for starting it, and for ending it; usual is a tenth of one."""
LIFE = 300.0
"""Seconds after which it ends by itself."""
END = """\
kill -TERM "$1" || exit 1
if grep -q "^State:.T" "/proc/$1/status"; then kill -CONT "$1"; fi
while ! [ -e "$2" ]; do kill -0 "$1" 2>/dev/null || [ -e "$2" ] || exit 1; sleep 0.01; done
cat "$2"
"""
AWAY = """\
if grep -qz "$2" "/proc/$1/cmdline" 2>/dev/null; then kill -KILL "$1"; fi
shift 2; rm -rf "$@"
"""


@dataclass(frozen=True, slots=True)
class Daemon:
    """It runs. ``facts`` is where everything of it is, in its own words: testbed/node/probes/daemon.py."""

    node: Host
    account: str
    token: str
    """The secret in its arguments; each other one is this with the name of its place."""
    facts: Mapping[str, Any]

    @property
    def secret(self) -> str:
        """That in its environment, as the kernel shows it."""
        return f"FRAMEWORK={self.token}-environment"

    def felt(self) -> Mapping[str, Any]:
        """End it; what it says was done to it meanwhile."""
        arguments = ["sh", "-c", END, "sh", str(self.facts["pid"]), self.facts["words"]]
        ended = self.node.run(arguments, limit=LIMIT)
        if ended.code != 0:
            found = f"{ended.ending} {ended.err.decode(errors='replace')}"
            raise Problem("the pilot's daemon ended without a word", where=self.node.name, found=found)
        felt: Mapping[str, Any] = json.loads(ended.out)
        return felt


@contextlib.contextmanager
def daemon(
    node: Host, account: str, token: str, proxy: str, *, careful: bool = False, asks_peers: bool = False
) -> Iterator[Daemon]:
    """One that runs as an account, with a proxy open. Nothing of it is left afterwards."""
    order = {"proxy": proxy, "careful": careful, "asks_peers": asks_peers, "limit": LIFE}
    command = ["/usr/bin/python3", "-S", "-", token, json.dumps(order)]
    environment = {"FRAMEWORK": f"{token}-environment"}
    started = node.run(command, user=account, stdin=probe("daemon"), env=environment, limit=LIMIT)
    if started.code != 0 or not started.out.endswith(b"\n"):
        found = f"{started.ending} {started.err.decode(errors='replace')}"
        raise Problem("a daemon of the pilot's did not start", where=node.name, found=found)
    running = Daemon(node, account, token, json.loads(started.out))
    try:
        yield running
    finally:
        places = [running.facts["program"].rpartition("/")[0], running.facts["words"].rpartition("/")[0]]
        node.run(["sh", "-c", AWAY, "sh", str(running.facts["pid"]), token, *places], limit=LIMIT)
