"""What Alice's payload is told of what it may try: where each thing of Bob's and of the pilot's is, and its secret.

Who attacks has found that out before, so no attack fails for want of a name: only what separates the payloads counts.
"""

from collections.abc import Mapping
from typing import Any

from testbed.credentials.grid import Grid
from testbed.lab.host import Host
from testbed.model.attack import Attack
from testbed.model.problem import Problem

LIMIT = 10.0
"""Seconds for one look at the worker node."""
PILOT = """\
grep -lsz -x -- "$1" /proc/[0-9]*/cmdline | head -n 1 | cut -d / -f 3
ls /tmp/pilot-*/private/"$2".pem | sed 's,[^/]*$,pilot.pem,'
"""
NUMBERS = """\
grep -lsz -- "$1" /proc/[0-9]*/cmdline |
while read -r file; do sed -n 's/^NSpid://p' "${file%cmdline}status" 2>/dev/null; done
"""
Target = Mapping[str, Any]


def of_bob(bob: Mapping[str, Any], pid: int, token: str, key: str) -> dict[Attack, Target]:
    """Bob's things in his own words, his process by its number on the node. His proxy has this key."""
    of_process: dict[str, Any] = {"process": token, "pid": pid, "marker": token}
    return {
        Attack.BOBS_PROXY: {"kind": "read", "path": bob["proxy"], "marker": key},
        Attack.BOBS_FILE: {"kind": "read", "path": bob["secret"], "marker": token},
        Attack.BOBS_OPEN_FILE: {"kind": "read", "path": bob["open_file"], "marker": token},
        Attack.BOBS_ENVIRONMENT: {**of_process, "kind": "environ", "marker": bob["environment"]},
        Attack.BOBS_COMMAND_LINE: {**of_process, "kind": "cmdline"},
        Attack.BOBS_PROCESS: {**of_process, "kind": "signal", "signal": "SIGUSR1"},
        Attack.BOBS_MEMORY: {**of_process, "kind": "memory", "address": bob["memory"]},
        Attack.BOBS_DESCRIPTOR: {**of_process, "kind": "descriptor", "number": bob["descriptor"]},
        Attack.BOBS_SEGMENT: {"kind": "segment", "key": bob["segment"], "marker": token},
        Attack.BOBS_OPEN_SEGMENT: {"kind": "segment", "key": bob["open_segment"], "marker": token},
        Attack.BOBS_MESSAGES: {"kind": "messages", "key": bob["segment"], "marker": token},
        Attack.BOBS_OPEN_MESSAGES: {"kind": "messages", "key": bob["open_segment"], "marker": token},
        Attack.BOBS_SHARED_MEMORY: {"kind": "read", "path": bob["shared_memory"], "marker": token},
        Attack.BOBS_OPEN_SHARED_MEMORY: {"kind": "read", "path": bob["open_shared_memory"], "marker": token},
        Attack.BOBS_FILE_IN_TMP: {"kind": "replace", "paths": bob["in_tmp"], "marker": token},
        Attack.BOBS_GROUP_FILE: {"kind": "append", "path": bob["group_file"], "marker": token},
        Attack.BOBS_QUEUE: {"kind": "queue", "name": bob["queue"], "marker": token},
        Attack.BOBS_OPEN_QUEUE: {"kind": "queue", "name": bob["open_queue"], "marker": token},
    }


def of_pilot(pilot: str, process: str, proxy: str, key: str) -> dict[Attack, Target]:
    """The pilot's own, as root finds them on the node. Its name is in its command line, its environment sshd's."""
    return {
        Attack.PILOTS_PROXY: {"kind": "read", "path": proxy, "marker": key},
        Attack.PILOTS_ENVIRONMENT: {
            "kind": "environ",
            "process": pilot,
            "pid": process,
            "marker": "SSH_CONNECTION=",
        },
    }


def of_daemon(facts: Mapping[str, Any], token: str, key: str) -> dict[Attack, Target]:
    """What a daemon of the pilot's has, in its own words; each a secret of its own, its open proxy this key."""
    of_process: dict[str, Any] = {"process": token, "pid": facts["pid"], "marker": token}
    return {
        Attack.PILOTS_COMMAND_LINE: {**of_process, "kind": "cmdline"},
        Attack.PILOTS_PROCESS: {**of_process, "kind": "stop"},
        Attack.PILOTS_MEMORY: {
            **of_process,
            "kind": "memory",
            "address": facts["memory"],
            "marker": f"{token}-memory",
        },
        Attack.PILOTS_DESCRIPTOR: {
            **of_process,
            "kind": "descriptor",
            "number": facts["descriptor"],
            "marker": key,
        },
        Attack.PILOTS_LIMITS: {**of_process, "kind": "limits"},
        Attack.PILOTS_PROGRAM: {"kind": "overwrite", "path": facts["program"], "marker": token},
        Attack.PILOTS_OPEN_FOLDER: {"kind": "plant", "path": facts["jobs"], "holds": "job.json", "marker": token},
        Attack.PILOTS_GROUP_FILE: {"kind": "read", "path": facts["group_file"], "marker": f"{token}-group"},
        Attack.PILOTS_CORE: {
            "kind": "core",
            "process": token,
            "pid": facts["helper"],
            "path": facts["cores"],
            "marker": token,
            "secret": f"{token}-memory",
        },
        Attack.PILOTS_ABSTRACT_SOCKET: {"kind": "abstract", "name": facts["abstract"], "marker": f"{token}-abstract"},
        Attack.PILOTS_LOOPBACK: {"kind": "loopback", "port": facts["port"], "marker": f"{token}-loopback"},
        Attack.PILOTS_BATCH_COOKIE: {"kind": "read", "path": facts["cookie"], "marker": f"{token}-cookie"},
    }


def pilot_on(node: Host, pilot: str, payload: str) -> tuple[str, str]:
    """The process of a pilot and the file of its proxy, found as root by its command line and by a payload of its."""
    # The bracket keeps the search from finding itself.
    found = node.run(["sh", "-c", PILOT, "sh", f"[{pilot[0]}]{pilot[1:]}", payload], limit=LIMIT).out.decode().split()
    if len(found) != 2:
        raise Problem("Bob's pilot cannot be found on the worker node", where=node.name, found=" ".join(found))
    return found[0], found[1]


def number_on(node: Host, pid: int, token: str) -> int:
    """What the node calls a process that calls itself ``pid``, and has this in its command line.

    They differ where it has process numbers of its own. Of one in another machine the node knows nothing: the same.
    """
    # The bracket keeps the search from finding itself.
    asked = ["sh", "-c", NUMBERS, "sh", f"[{token[0]}]{token[1:]}"]
    lines = node.run(asked, limit=LIMIT).out.decode().splitlines()
    of_its = [numbers for numbers in map(str.split, lines) if numbers[-1:] == [str(pid)]]
    return int(max(of_its, key=len)[0]) if of_its else pid


def key_of(grid: Grid, name: str) -> str:
    """A line of the private key in somebody's proxy: who has read it has stolen it."""
    lines = grid.read(grid.bearer(name).file).decode().splitlines()
    return lines[next(number for number, line in enumerate(lines) if "PRIVATE KEY" in line) + 1]
