"""What a pilot's framework keeps running beside its payloads, on a worker node, for the time of a ``with``."""

import contextlib
import json
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from testbed.lab.host import Host
from testbed.model.attack import Attack
from testbed.model.problem import Problem
from testbed.pilot.probes import probe

LIMIT = 20.0
"""Seconds for starting it, and for ending it; usual is a tenth of one."""
LIFE = 300.0
"""Seconds after which it ends by itself."""
RUNS = """\
runs() { grep -qs '^State:.[^ZX]' "/proc/$1/status" && grep -qsz -- "$2" "/proc/$1/cmdline"; }
"""
"""Whether a process runs that has this in its command line."""
END = f"""{RUNS}
kill -TERM "$1" || exit 1
while ! [ -e "$3" ]; do
    runs "$1" "$2" || [ -e "$3" ] || exit 1
    if grep -qs '^State:.T' "/proc/$1/status"; then kill -CONT "$1"; fi
    sleep 0.01
done
cat "$3"
"""
AWAY = f"""{RUNS}
if runs "$1" "$2"; then kill -KILL "$1"; fi
if runs "$3" "$2"; then kill -KILL "$3"; fi
while runs "$1" "$2" || runs "$3" "$2"; do sleep 0.01; done
shift 3; rm -rf "$@"
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
        asked = ["sh", "-c", END, "sh", str(self.facts["pid"]), self.token, self.facts["words"]]
        ended = self.node.run(asked, limit=LIMIT)
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
        pids = str(running.facts["pid"]), token, str(running.facts["helper"])
        node.run(["sh", "-c", AWAY, "sh", *pids, *places], limit=LIMIT).check()


def done_to(felt: Mapping[str, Any]) -> dict[Attack, bool]:
    """Which attacks it felt, of those that can be felt."""
    return {
        Attack.PILOTS_PROCESS: felt["continued"] > 0,
        Attack.PILOTS_LIMITS: bool(felt["changed"]),
        Attack.PILOTS_PROGRAM: felt["program"],
        Attack.PILOTS_OPEN_FOLDER: bool(felt["planted"]),
        Attack.PILOTS_CORE: felt["helper"]["signal"] == signal.SIGSEGV,
        Attack.PILOTS_ABSTRACT_SOCKET: felt["served"]["abstract"] > 0,
        Attack.PILOTS_LOOPBACK: felt["served"]["loopback"] > 0,
    }
