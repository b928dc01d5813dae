"""A payload whose pilot is killed, and what becomes of it then."""

import json
import math
import time
from collections.abc import Sequence

from testbed.lab.layout import NODE
from testbed.lab.wait import eventually
from testbed.model.outcome import Attempt
from testbed.model.problem import Problem
from testbed.pilot.desk import PILOT_LIMIT, Desk
from testbed.pilot.payload import Payload
from testbed.pilot.stages.bystander import PYTHON
from testbed.pilot.stages.estate import LIMIT, Estate

LIFE = 120.0
"""Seconds after which it ends by itself; long after somebody has looked whether it is gone."""
FOLLOWS = 1.0
"""Seconds within which a payload must have followed its pilot, to be called gone with it."""
_BELOW = """\
import json, os, sys
parents, words = {}, {}
for name in filter(str.isdecimal, os.listdir("/proc")):
    try:
        with open(f"/proc/{name}/stat") as file:
            parents[name] = file.read().rpartition(")")[2].split()[1]
        with open(f"/proc/{name}/cmdline") as file:
            words[name] = file.read().rstrip("\\0").split("\\0")
    except OSError:
        continue
found = [sys.argv[1]]
for each in found:
    found += [pid for pid, parent in parents.items() if parent == each]
print(json.dumps({pid: words.get(pid, [""]) for pid in found[1:]}))
"""
"""The processes below one, each with its command line."""
_ALIVE = 'for each; do grep -q "^State:[[:space:]]*[^ZX]" "/proc/$each/status" && echo "$each"; done; true'


class Orphan:
    """A payload of Bob's whose pilot is killed; it does nothing but run."""

    def __init__(self, desk: Desk, left: Estate) -> None:
        self._desk, self._world, self._mark = desk, desk.world, f"{left.mark}-orphan"
        self._pids: list[str] = []
        says = f"import time\nprint('began', flush=True)\ntime.sleep({LIFE:g})\n".encode()
        self._ends = time.monotonic() + LIFE
        self._bereaved = math.inf
        self._payload, self._pilot = desk.hand(
            Payload("bob", (*PYTHON, self._mark), says, LIFE), limit=PILOT_LIMIT + LIFE
        )

    def bereave(self) -> None:
        """Kill its pilot as soon as it runs."""
        report = self._desk.vo.wait(self._payload, limit=PILOT_LIMIT, until="output")
        if b"began" not in report.out:
            raise Problem("Bob's payload did not get to run", found=f"{report.state}: {report.why}\n{report.err!r}")
        agent = self._strike(f"agent={self._pilot}")
        below = json.loads(self._world.node.run(["python3", "-c", _BELOW, agent], limit=LIMIT).text)
        self._pids = [pid for pid, words in below.items() if self._is_payload(words)]
        if not self._pids:
            raise Problem("Bob's payload is not to be found below its pilot", found=str(below))
        self._strike(f"process={agent}", "kill", f"gone={self._pilot}")
        self._bereaved = time.monotonic()

    def _strike(self, *words: str) -> str:
        return self._world.node.run(["python3", f"{NODE}/strike.py", f"{LIMIT:g}", *words], limit=LIMIT + 5).text

    def _is_payload(self, words: Sequence[str]) -> bool:
        """A process that runs its program, or the machine that does; what starts either ends with it or before it."""
        return (words[0], words[-1]) == (PYTHON[0], self._mark) or "qemu" in words[0]

    def seen(self) -> tuple[Attempt, str]:
        """Whether it still runs, once its pilot has been dead for long enough. Other things may be done until then."""
        if eventually(lambda: not self._alive(), within=self._bereaved + FOLLOWS - time.monotonic()):
            return gone(time.monotonic(), self._ends)
        dead = time.monotonic() - self._bereaved
        return Attempt.SUCCEEDED, f"its pilot has been dead for {dead:.1f} s, process {self._pids[0]} runs on"

    def _alive(self) -> list[str]:
        return self._world.node.run(["sh", "-c", _ALIVE, "sh", *self._pids], limit=LIMIT).text.split()


def gone(now: float, ends: float) -> tuple[Attempt, str]:
    """It does not run any more. Nothing follows from that where it may have ended by itself."""
    if now >= ends:
        raise Problem("nobody looked in time whether Bob's payload went with its pilot", expected=f"within {LIFE:g} s")
    return Attempt.BLOCKED, "it is gone, as its pilot is"
