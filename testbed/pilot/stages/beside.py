"""Alice's payload meets Bob's: both run at once on one worker node, and hers tries all that it should not."""

import json
from secrets import token_hex

from testbed.model.attack import Attack
from testbed.model.containment import OWN
from testbed.model.measure import Measure
from testbed.model.outcome import Outcome
from testbed.model.problem import Problem
from testbed.pilot.daemon import daemon, done_to
from testbed.pilot.desk import Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid, raid_of
from testbed.pilot.stages import targets
from testbed.pilot.stages.bystander import LOOK, PYTHON, begun, felt_by_victim, still_there

THIEF = ("finding", "files", "tracing", "processes", "sysv", "mqueue", "channels")
"""The parts of the thief, each before those that need it."""


def beside(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let Bob's payload and a daemon of the pilot's run, let Alice's try her hand at them, and hear what they felt."""
    token, world = f"bobs-secret-{token_hex(8)}", desk.world
    grid, account = world.grid, world.site.pilot_accounts[0].name
    bob, pilot, said = begun(desk, "bob", token)
    process, proxy = targets.pilot_on(world.node, pilot, bob)
    key = targets.key_of(grid, "pilot")
    number = targets.number_on(world.node, said["pid"], token)
    network = {"container": {"network": OWN}} if measure is Measure.NETWORK_NAMESPACE else {}
    with daemon(
        world.node,
        account,
        f"frameworks-secret-{token_hex(8)}",
        proxy,
        careful=measure is Measure.CAREFUL_PILOT,
        asks_peers=measure is Measure.PEER_CREDENTIALS,
    ) as framework:
        told = {
            **targets.of_bob(said, number, token, targets.key_of(grid, "bob")),
            **targets.of_pilot(pilot, process, proxy, key),
            **targets.of_daemon(framework.facts, framework.token, key),
        }
        ran = desk.end_of(*desk.send(PYTHON, "alice", probe("thief", *THIEF, told=told), **network))
        still_there(desk.vo.wait(bob, limit=LOOK))
        felt = done_to(framework.felt())
    desk.vo.stop(bob)
    return raid_of(ran, {**felt, **_felt_by_bob(desk.end_of(bob, pilot))})


def _felt_by_bob(ended: Outcome) -> dict[Attack, bool]:
    """What Bob's payload says was done to it."""
    try:
        return felt_by_victim(json.loads(ended.out.splitlines()[-1]))
    except (ValueError, IndexError, KeyError) as error:
        found = f"{ended}\n{ended.out}{ended.err}"
        raise Problem("Bob's payload did not say what it felt", found=found, cause=repr(error)) from error
