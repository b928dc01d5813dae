"""Alice's payload leaves things behind: what is there when it has ended, and what the next payload, Bob's, finds."""

import json
from collections.abc import Mapping
from typing import Any

from testbed.lab.layout import NODE
from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.model.mode import Mode
from testbed.model.outcome import Attempt, Outcome
from testbed.model.problem import Problem
from testbed.pilot.desk import PAYLOAD_LIMIT, PILOT_LIMIT, Desk
from testbed.pilot.payload import Payload
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid
from testbed.pilot.stages.beside import PYTHON
from testbed.pilot.stages.estate import LIMIT, Census, Estate, estate

Attempts = dict[Attack, tuple[Attempt, str]]
NEEDS: Mapping[Attack, str] = {
    Attack.LEFT_DAEMON: "daemon",
    Attack.LEFT_FILE: "closed-files",
    Attack.LEFT_OPEN_FILE: "open-files",
    Attack.LEFT_SEGMENT: "segment",
    Attack.LEFT_HOME: "start-files",
    Attack.LEFT_SET_ID_FILE: "set-id-file",
    Attack.LEFT_AT_JOB: "at-job",
    Attack.LEFT_CRON_JOB: "cron-job",
}
"""What of the leaver's things each attack needs."""
_BELOW = """\
import os, sys
parents = {}
for name in filter(str.isdecimal, os.listdir("/proc")):
    try:
        with open(f"/proc/{name}/stat") as file:
            parents[name] = file.read().rpartition(")")[2].split()[1]
    except OSError:
        continue
found = [sys.argv[1]]
for each in found:
    found += [pid for pid, parent in parents.items() if parent == each]
print(*found[1:])
"""
"""The processes below one."""


def after(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let Alice's payload leave what it can, look what is there when it has ended, then let Bob's look."""
    with estate(desk, killer=measure is Measure.END_LEFTOVERS) as left:
        outlived = None if measure else _Orphan(desk, left)
        ran, said = leave(desk, left, adopts=measure is Measure.CAREFUL_PILOT)
        left.say("ended", left.mark)
        attempts = finds(desk, left, targets_of(left))
        census = left.settled("daemon", "at")
        attempts |= remains(census)
        if "start" in census.answers:
            seen = f"the next pilot executed it at its start, as uid {census.answers['start']['uid']}"
            attempts[Attack.LEFT_HOME] = Attempt.SUCCEEDED, seen
        if outlived:
            attempts[Attack.OUTLIVED_PILOT] = outlived.seen()
        untried = {attack: said[thing] for attack, thing in NEEDS.items() if said.get(thing) != "left"}
        if "at" not in census.answers and census.awaited("at"):
            untried[Attack.LEFT_AT_JOB] = "at did not start the job that it has"
    return sorted_out(desk, Raid(ran, attempts), untried)


def leave(desk: Desk, left: Estate, *, adopts: bool = False) -> tuple[Outcome, Mapping[str, str]]:
    """Alice's payload leaves things behind; what became of it, and what it says of each thing.

    Its pilot ends nothing that it leaves, unless it ``adopts``.
    """
    payload = Payload("alice", (*PYTHON, left.orders()), probe("leaver", "sysv"), PAYLOAD_LIMIT)
    ran = desk.end_of(*desk.hand(payload, adopts=adopts))
    return ran, said_by(ran)


def finds(desk: Desk, left: Estate, targets: Mapping[Attack, Mapping[str, Any]]) -> Attempts:
    """What Bob's payload, the next, makes of it."""
    orders = json.dumps({"targets": {str(attack): target for attack, target in targets.items()}})
    command = [*PYTHON, orders]
    return findings(desk.end_of(*desk.send(command, "bob", probe("finder", "finding", "sysv"))))


def findings(ran: Outcome) -> Attempts:
    """What a finder says, in its last line. What it could not try is left out."""
    return {
        Attack(attack): (Attempt(finding["attempt"]), finding["saw"])
        for attack, finding in said_by(ran).items()
        if finding["attempt"] in list(Attempt)
    }


def targets_of(left: Estate) -> dict[Attack, dict[str, Any]]:
    """Where Bob's payload looks."""
    mark, shared = left.mark, ("/tmp", "/var/tmp", "/dev/shm")
    return {
        Attack.LEFT_FILE: {"kind": "read", "paths": [f"{each}/{mark}-closed" for each in shared], "marker": mark},
        Attack.LEFT_OPEN_FILE: {"kind": "read", "paths": [f"{each}/{mark}-open" for each in shared], "marker": mark},
        Attack.LEFT_SEGMENT: {"kind": "segment", "key": left.key, "marker": mark},
        Attack.LEFT_HOME: {"kind": "start", "marker": mark},
        Attack.LEFT_SET_ID_FILE: {
            "kind": "run",
            "command": [f"/tmp/{mark}-cat", f"/tmp/{mark}-secret"],
            "marker": mark,
        },
    }


def remains(census: Census) -> Attempts:
    """What still runs, or is to run, after the payload has ended."""
    tables = [path for path in census.queued if "/crontabs/" in path]
    return {
        Attack.LEFT_DAEMON: _program(census, "daemon"),
        Attack.LEFT_AT_JOB: _program(census, "at"),
        Attack.LEFT_CRON_JOB: (
            (Attempt.SUCCEEDED, f"{tables[0]} is there when the payload has ended")
            if tables
            else (Attempt.BLOCKED, "no table of cron's holds anything of the payload's")
        ),
    }


def _program(census: Census, name: str) -> tuple[Attempt, str]:
    """Whether a program answered what was asked after the payload's end, or runs at least."""
    if name in census.answers:
        uid = census.answers[name]["uid"]
        return Attempt.SUCCEEDED, f"it answered after the payload had ended, as uid {uid}; {census.running(name)}"
    if running := census.running(name):
        return Attempt.SUCCEEDED, f"{running} still runs"
    return Attempt.BLOCKED, "no process bears its mark any more, no job waits, and nothing answered"


class _Orphan:
    """A payload of Bob's whose pilot is killed."""

    def __init__(self, desk: Desk, left: Estate) -> None:
        self._world = desk.world
        command = ("/usr/bin/env", f"MARK={left.mark}-orphan", *PYTHON, f"{left.mark}-orphan")
        says = b"import time\nprint('began', flush=True)\ntime.sleep(30)\n"
        payload, pilot = desk.hand(Payload("bob", command, says, PAYLOAD_LIMIT))
        report = desk.vo.wait(payload, limit=PILOT_LIMIT, until="output")
        if b"began" not in report.out:
            raise Problem("Bob's payload did not get to run", found=f"{report.state}: {report.why}\n{report.err!r}")
        agent = self._strike(f"agent={pilot}")
        below = self._world.node.run(["python3", "-c", _BELOW, agent], limit=LIMIT).text.split()
        self._payload = [pid for pid in below if self._is_payload(pid, f"{left.mark}-orphan", desk.mode)]
        if not self._payload:
            raise Problem("Bob's payload is not to be found below its pilot", found=" ".join(below))
        self._strike(f"process={agent}", "kill", f"gone={pilot}")

    def _strike(self, *words: str) -> str:
        return self._world.node.run(["python3", f"{NODE}/strike.py", f"{LIMIT:g}", *words], limit=LIMIT + 5).text

    def _is_payload(self, pid: str, mark: str, mode: Mode) -> bool:
        """A process that runs its program, or the machine that does."""
        script = 'tr "\\0" "\\n" <"/proc/$1/cmdline"'
        words = self._world.node.run(["sh", "-c", script, "sh", pid], limit=LIMIT).out.decode().splitlines()
        if mode is Mode.VM:
            return bool(words) and "qemu" in words[0]
        return words[-1:] == [mark] and words[:1] == [PYTHON[0]]

    def seen(self) -> tuple[Attempt, str]:
        """Whether it still runs. Where it is to end, that may take a moment."""

        def alive() -> list[str]:
            script = 'for each; do grep -q "^State:[[:space:]]*[^ZX]" "/proc/$each/status" && echo $each; done; true'
            return self._world.node.run(["sh", "-c", script, "sh", *self._payload], limit=LIMIT).text.split()

        if pids := alive():
            return Attempt.SUCCEEDED, f"its pilot is dead, process {pids[0]} runs on"
        return Attempt.BLOCKED, "it is gone, as its pilot is"


def said_by(ran: Outcome) -> Any:
    """The last line of what a probe says."""
    try:
        return json.loads(ran.out.splitlines()[-1])
    except (ValueError, IndexError) as error:
        found = f"{ran}: {ran.why}\n{ran.out}{ran.err}"
        raise Problem("a payload did not say what it saw", found=found, cause=repr(error)) from error


def sorted_out(desk: Desk, raid: Raid, untried: Mapping[Attack, str]) -> Raid:
    """The raid without the attacks for which nothing could be left.

    On the worker node itself such an attack was not tried: nothing follows. Where the payload sees another node, or
    a part of it only, that is what hinders it: the same thing could be left in mode none, see `Threat.proved_in`.
    """
    if desk.mode in (Mode.CONTAINER, Mode.VM):
        hindered = {attack: (Attempt.BLOCKED, why) for attack, why in untried.items()}
        return Raid(raid.ran, {**raid.attempts, **hindered})
    attempts = {attack: seen for attack, seen in raid.attempts.items() if attack not in untried}
    return Raid(raid.ran, attempts, untried)
