"""Alice's payload meets Bob's: both run at once on one worker node, and hers tries all that it should not."""

import json
from collections.abc import Mapping
from typing import Any

from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.model.outcome import Attempt, Outcome
from testbed.model.problem import Problem
from testbed.pilot.daemon import daemon
from testbed.pilot.desk import PAYLOAD_LIMIT, PILOT_LIMIT, Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid
from testbed.pilot.stages import targets

PYTHON = ("/usr/bin/python3", "-S", "-")
"""How a probe is run: without looking for modules of the site's, which an emulated machine takes its time for."""
THIEF = ("finding", "files", "processes", "sysv", "channels")
"""The parts of the thief, each before those that need it."""
SIGSEGV = 11


def beside(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let Bob's payload and a daemon of the pilot's run, let Alice's try her hand at them, and hear what they felt."""
    token, world = f"bobs-secret-{id(desk)}", desk.world
    grid, account = world.grid, world.site.pilot_accounts[0].name
    bob, pilot = desk.send(
        ["/usr/bin/env", f"SECRET={token}", *PYTHON, token, f"{PAYLOAD_LIMIT:g}"], "bob", probe("victim", "sysv")
    )
    report = desk.vo.wait(bob, limit=PILOT_LIMIT, until="output")
    if b"\n" not in report.out:
        raise Problem("Bob's payload did not get to run", found=f"{report.state}: {report.why}\n{report.err.decode()}")
    process, proxy = targets.pilot_on(world.node, pilot)
    careful, asks_peers = measure is Measure.CAREFUL_PILOT, measure is Measure.PEER_CREDENTIALS
    secret = f"frameworks-secret-{id(desk)}"
    with daemon(world.node, account, secret, proxy, careful=careful, asks_peers=asks_peers) as framework:
        told = {
            **targets.of_bob(json.loads(report.out.splitlines()[0]), token, grid),
            **targets.of_pilot(process, proxy, grid),
            **targets.of_daemon(framework, grid),
        }
        ran = desk.end_of(*desk.send([*PYTHON, json.dumps(told)], "alice", probe("thief", *THIEF)))
        felt = _felt(framework.felt())
    desk.vo.stop(bob)
    return _raid(ran, {**felt, **_felt_by_bob(desk.end_of(bob, pilot))})


def _felt(daemon: Mapping[str, Any]) -> dict[Attack, bool]:
    """What the daemon says was done to it."""
    return {
        Attack.PILOTS_PROCESS: daemon["continued"] > 0,
        Attack.PILOTS_LIMITS: bool(daemon["changed"]),
        Attack.PILOTS_PROGRAM: daemon["program"],
        Attack.PILOTS_OPEN_FOLDER: bool(daemon["planted"]),
        Attack.PILOTS_CORE: daemon["helper"]["signal"] == SIGSEGV,
        Attack.PILOTS_ABSTRACT_SOCKET: daemon["served"]["abstract"] > 0,
        Attack.PILOTS_LOOPBACK: daemon["served"]["loopback"] > 0,
    }


def _felt_by_bob(ended: Outcome) -> dict[Attack, bool]:
    """What Bob's payload says was done to it."""
    try:
        return {Attack.BOBS_PROCESS: json.loads(ended.out.splitlines()[-1])["signalled"] > 0}
    except (ValueError, IndexError, KeyError) as error:
        found = f"{ended}\n{ended.out}{ended.err}"
        raise Problem("Bob's payload did not say what it felt", found=found, cause=repr(error)) from error


def _raid(ran: Outcome, felt: Mapping[Attack, bool]) -> Raid:
    """The thief's findings, where what the victims felt is not otherwise."""
    try:
        found = {Attack(attack): finding for attack, finding in json.loads(ran.out).items()}
    except ValueError as error:
        found_instead = f"{ran}\n{ran.out}{ran.err}"
        raise Problem("Alice's payload did not say what it saw", found=found_instead, cause=repr(error)) from error
    tried = {attack: finding for attack, finding in found.items() if finding["attempt"] in list(Attempt)}
    for attack, seen in felt.items():
        if attack in tried and (tried[attack]["attempt"] == Attempt.SUCCEEDED) != seen:
            said = f"{attack}: {tried[attack]['saw']}; who it was done to {'felt it' if seen else 'felt nothing'}"
            raise Problem("Alice's payload and its victim disagree", found=said)
    return Raid(
        ran,
        {attack: (Attempt(finding["attempt"]), finding["saw"]) for attack, finding in tried.items()},
        {attack: finding["saw"] for attack, finding in found.items() if attack not in tried},
    )
