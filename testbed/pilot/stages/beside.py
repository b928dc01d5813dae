"""Alice's payload meets Bob's: both run at once on one worker node, and hers tries all that it should not."""

import json
from collections.abc import Mapping
from typing import Any

from testbed.credentials.grid import Grid
from testbed.lab.world import World
from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.model.outcome import Attempt, Outcome
from testbed.model.problem import Problem
from testbed.pilot.desk import PAYLOAD_LIMIT, PILOT_LIMIT, Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid

PYTHON = ("/usr/bin/python3", "-S", "-")
"""How a probe is run: without looking for modules of the site's, which an emulated machine takes its time for."""
LIMIT = 10.0
"""Seconds for one look at the worker node."""


def beside(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let Bob's payload run, let Alice's try her hand at it and at the pilot, then end Bob's and hear what he felt."""
    token = f"bobs-secret-{id(desk)}"
    bob, pilot = desk.send(
        ["/usr/bin/env", f"SECRET={token}", *PYTHON, token, f"{PAYLOAD_LIMIT:g}"], "bob", probe("victim")
    )
    report = desk.vo.wait(bob, limit=PILOT_LIMIT, until="output")
    if b"\n" not in report.out:
        raise Problem("Bob's payload did not get to run", found=f"{report.state}: {report.why}\n{report.err.decode()}")
    targets = _targets(json.loads(report.out.splitlines()[0]), token, desk.world, pilot)
    arguments = json.dumps(targets)
    ran = desk.end_of(*desk.send([*PYTHON, arguments], "alice", probe("thief", "finding")))
    desk.vo.stop(bob)
    felt = desk.end_of(bob, pilot)
    return Raid(ran, _attempts(ran, felt))


def _targets(bob: Mapping[str, Any], token: str, world: World, pilot: str) -> dict[str, dict[str, Any]]:
    """What Alice's payload is told: Bob's things in his own words, the pilot's as root finds them on the node."""
    node, grid = world.node, world.grid
    # The pilot's command line names it: agent.py PILOT. Its environment is what sshd gave it.
    # The bracket keeps the search from finding itself.
    script = f"grep -lz -x '[{pilot[0]}]{pilot[1:]}' /proc/[0-9]*/cmdline | head -n 1"
    process = node.run(["sh", "-c", script], limit=LIMIT).text.split("/")[2:3]
    proxies = node.run(["sh", "-c", "ls /tmp/pilot-*/private/pilot.pem"], limit=LIMIT).text.splitlines()
    if not process or not proxies:
        raise Problem("Bob's pilot cannot be found on the worker node", where=node.name, found=f"{process} {proxies}")
    targets: dict[Attack, dict[str, Any]] = {
        Attack.BOBS_PROXY: {"kind": "read", "path": bob["proxy"], "marker": _key(grid, "bob")},
        Attack.BOBS_FILE: {"kind": "read", "path": bob["secret"], "marker": token},
        Attack.BOBS_ENVIRONMENT: {"kind": "environ", "pid": bob["pid"], "marker": bob["environment"]},
        Attack.BOBS_COMMAND_LINE: {"kind": "cmdline", "pid": bob["pid"], "marker": token},
        Attack.BOBS_PROCESS: {"kind": "signal", "pid": bob["pid"], "signal": "SIGUSR1", "marker": token},
        Attack.PILOTS_PROXY: {"kind": "read", "path": proxies[0], "marker": _key(grid, "pilot")},
        Attack.PILOTS_ENVIRONMENT: {"kind": "environ", "pid": process[0], "marker": "SSH_CONNECTION="},
        # A signal that a process ignores unless it asked for it: the kernel's permission is what counts.
        Attack.PILOTS_PROCESS: {"kind": "signal", "pid": process[0], "signal": "SIGURG", "marker": "agent.py"},
    }
    return {str(attack): target for attack, target in targets.items()}


def _key(grid: Grid, name: str) -> str:
    """A line of the private key in somebody's proxy: who has read it has stolen it."""
    lines = grid.read(grid.bearer(name).file).decode().splitlines()
    return lines[next(number for number, line in enumerate(lines) if "PRIVATE KEY" in line) + 1]


def _attempts(ran: Outcome, felt: Outcome) -> dict[Attack, tuple[Attempt, str]]:
    """The thief's findings; whether Bob's process was signalled is what Bob's payload itself felt."""
    try:
        found = json.loads(ran.out)
        signalled = json.loads(felt.out.splitlines()[-1])["signalled"]
    except (ValueError, IndexError, KeyError) as error:
        raise Problem(
            "the payloads did not say what they saw",
            found=f"Alice's: {ran}\n{ran.out}{ran.err}\nBob's: {felt}\n{felt.out}{felt.err}",
            cause=repr(error),
        ) from error
    attempts = {
        Attack(attack): (Attempt(finding["attempt"]), finding["saw"])
        for attack, finding in found.items()
        if finding["attempt"] in list(Attempt)
    }
    thief = attempts.get(Attack.BOBS_PROCESS)
    if thief and (thief[0] is Attempt.SUCCEEDED) != bool(signalled):
        raise Problem("Alice's payload and Bob's disagree", found=f"hers: {thief[1]}; his: signalled {signalled} times")
    return attempts
