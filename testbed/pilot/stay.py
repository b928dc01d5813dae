"""What a worker node, its pilot and a payload see of one another while the payload stays, and what it leaves."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex

from testbed.lab.host import Host
from testbed.model.outcome import Outcome
from testbed.model.problem import Problem
from testbed.pilot.desk import PAYLOAD_LIMIT, PILOT_LIMIT, Desk
from testbed.pilot.probes import probe
from testbed.pilot.stages.bystander import PYTHON
from testbed.pilot.stages.targets import pilot_on

LIMIT = 10.0
"""Seconds for one look at the worker node."""
EMPTY = ("/usr/bin/true",)
LOOKS = 3
"""Empty payloads, one after the other."""

SEEN = r"""
import json, os, pwd, sys
from pathlib import Path
name, agent = sys.argv[1], int(sys.argv[2])
def status(pid):
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
known = {int(path.name): status(path.name) for path in Path("/proc").glob("[0-9]*")}
below, queue = [], [agent]
for each in queue:
    found = [pid for pid, words in known.items() if words and int(words["PPid"]) == each]
    below, queue[len(queue):] = below + found, found
memory = sum(int(known[pid].get(part, "0").split()[0]) for pid in below for part in ("RssAnon", "RssShmem"))
guests = [pid for pid in below if known[pid]["Name"] == "guest"]
uid = int(known[guests[0]]["Uid"].split()[0]) if guests else None
print(json.dumps({
    "guest": guests[0] if guests else 0,
    "account": "" if uid is None else pwd.getpwuid(uid).pw_name,
    "processes": len(below), "memory": memory,
}))
"""
FIND = 'find /home /tmp /var/tmp -name "$1" -printf "%u %p\\n" 2>/dev/null; true'
"""Whose a file is that is found where accounts may write, and its path."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One payload's stay."""

    ended: Outcome
    seconds: float
    """Of a short computation, in the payload."""
    home: str
    variables: tuple[str, ...]
    account: str
    """Whose process it is on the node; empty: it has none there."""
    memory: float
    """MiB that the payload, and what started it for the pilot, have for themselves on the node."""
    processes: int
    signalled: bool
    """Whether the pilot's account may send it a signal."""
    made_by: str
    """Whose the file is on the node that it has made where it works; empty: it is not there."""
    left_by: str
    """Whose the file is that it has left in its home, after its end; empty: it is gone."""
    removed: bool
    """Whether the pilot's account could remove it."""


def stay(desk: Desk) -> Stay:
    """Let Alice's payload stay, look at it as root and as the pilot, end it, and look what is left."""
    world, name = desk.world, token_hex(8)
    payload, pilot = desk.send([*PYTHON, name, f"{PAYLOAD_LIMIT:g}"], "alice", probe("guest"))
    report = desk.vo.wait(payload, limit=PILOT_LIMIT, until="output")
    if b"\n" not in report.out:
        raise Problem("the payload did not get to run", found=f"{report.state}: {report.why}\n{report.err.decode()}")
    said = json.loads(report.out.splitlines()[0])
    agent, _ = pilot_on(world.node, pilot, payload)
    seen = json.loads(world.node.run(["python3", "-", name, agent], stdin=SEEN.encode(), limit=LIMIT).check().text)
    account = world.site.pilot_accounts[0].name
    reached = bool(seen["guest"]) and _as(world.node, account, "kill -0 $1", str(seen["guest"]))
    made_by = _owner(world.node, f"made-{name}")[0]
    desk.vo.stop(payload)
    ended = desk.end_of(payload, pilot)
    left_by, path = _owner(world.node, f"left-{name}")
    return Stay(
        ended,
        said["seconds"],
        said["home"],
        tuple(said["variables"]),
        seen["account"],
        seen["memory"] / 1024,
        seen["processes"],
        reached,
        made_by,
        left_by,
        bool(path) and _as(world.node, account, "rm $1", path),
    )


def start(desk: Desk, command: Sequence[str] = EMPTY, looks: int = LOOKS) -> tuple[Outcome, float]:
    """The last of some empty payloads, and the median of their seconds from the queue to their end."""
    ran = [desk.tried(command, "alice") for _ in range(looks)]
    return ran[-1], statistics.median(each.seconds for each in ran)


def figures(stayed: Stay, started: float) -> Mapping[str, float]:
    """What a mode costs, as the report takes it."""
    return {"start": round(started, 3), "memory": round(stayed.memory, 1), "computation": round(stayed.seconds, 4)}


def _as(node: Host, account: str, script: str, argument: str) -> bool:
    return node.run(["sh", "-c", f"{script} 2>/dev/null", "sh", argument], user=account, limit=LIMIT).code == 0


def _owner(node: Host, name: str) -> tuple[str, str]:
    found = node.run(["sh", "-c", FIND, "sh", name], limit=LIMIT).check().text.splitlines()
    owner, _, path = found[0].partition(" ") if found else ("", "", "")
    return owner, path
