"""SIGKILL at each step of a payload's life: no payload is lost, and none runs twice, without a record (F30)."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from testbed.lab.wait import eventually
from testbed.lab.world import LeasedWorld
from testbed.model.death import AGAIN, Death, Step, Victim
from testbed.model.deaths import deaths
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.kill.approach import Way
from testbed.pilot.kill.blow import struck
from testbed.pilot.kill.ground import Ground
from testbed.pilot.kill.spare import Spare
from testbed.plugin import matrix, shows

LEASE, LONG = 3.0, 30.0
"""Seconds: what a queue that was killed waits for its pilots; what any other waits."""
PATIENCE = 30.0
"""Seconds for which the site's modules wait for an authority that says nothing."""
USUAL = {
    Mode.SETUID: (
        *("agent-taken", "agent-started", "agent-running", "agent-cleaning", "keeper-running", "node-running"),
        *("authority-deciding", "queue-running"),
    ),
    Mode.LOG_ONLY: ("agent-running", "keeper-cleaning", "authority-cleaning", "queue-ended"),
    Mode.NONE: ("agent-running",),
    Mode.VM: ("machine-running",),
}
"""What is part of every run; the rest is slow."""


def chosen(mode):
    """Every blow of a mode; what is no part of every run is marked slow."""
    return [
        pytest.param(each, id=str(each), marks=() if str(each) in USUAL[mode] else pytest.mark.slow)
        for each in deaths(mode)
    ]


@pytest.fixture(scope="module")
def spares() -> Iterator[dict[str, Spare]]:
    """VOs that nobody kills, one for each world: they are used again."""
    kept: dict[str, Spare] = {}
    yield kept
    for spare in kept.values():
        with contextlib.suppress(Problem):  # the world may be gone
            spare.end()


@pytest.fixture
def killing(world, switch, waiting, cell, spares) -> Callable[..., tuple]:
    """Does the killing, with a VO beside the world's."""
    if not isinstance(world, LeasedWorld):
        pytest.skip("nobody kills the hosts of the demo")
    if world.site.switch:
        pytest.skip("front, keeper and end_leftovers are the reference switch's")

    @contextlib.contextmanager
    def opened(victim):
        if victim is Victim.QUEUE:
            with Spare.opened(world, LEASE) as spare:
                yield spare
        else:
            if world.pilot.ident not in spares:
                spares[world.pilot.ident] = Spare(world, LONG)
                spares[world.pilot.ident].begin()
            yield spares[world.pilot.ident]

    def kill(victim, step, attempts=2, then=lambda ground: None, expected=None):
        with opened(victim) as spare:
            ground = Ground(world, spare, cell.mode)
            return struck(Way(ground, switch, waiting(f"{PATIENCE:g}"), attempts), victim, step, then, expected)

    return kill


def is_accounted_for(killing, mode, death: Death):
    seen, end = killing(death.victim, death.step, expected=death.left(mode))
    found = Death(death.victim, death.step, seen.state, seen.ran, seen.doubt, "")
    assert (found.then, found.ran, found.doubt) == (death.then, death.ran, death.doubt), end.history
    assert seen.left == death.left(mode)
    assert seen.seconds < death.within
    second = death.then == AGAIN and mode is not Mode.VM
    assert end.state == ("ended" if second else "cancelled" if death.then == AGAIN else death.then)
    assert end.ran == death.ran + second
    assert end.ran <= 1 or end.doubted


@matrix(mode="setuid", authority="argus")
@pytest.mark.parametrize("death", chosen(Mode.SETUID))
def test_whoever_is_killed_the_queue_knows_what_may_have_run(killing, cell, death):
    """Nothing is lost silently, nothing runs twice without a record; what is left is counted (docs/failures.md)."""
    is_accounted_for(killing, cell.mode, death)


@matrix(mode="log-only", authority="argus")
@pytest.mark.parametrize("death", chosen(Mode.LOG_ONLY))
def test_where_nothing_is_kept_apart_the_queue_knows_it_as_well(killing, cell, death):
    """Nothing is lost silently, nothing runs twice without a record; what is left is counted (docs/failures.md)."""
    is_accounted_for(killing, cell.mode, death)


@matrix(mode="none", authority="gridmap")
@pytest.mark.parametrize("death", chosen(Mode.NONE))
def test_where_no_switch_is_called_the_queue_knows_it_as_well(killing, cell, death):
    """Nothing is lost silently, nothing runs twice without a record; what is left is counted (docs/failures.md)."""
    is_accounted_for(killing, cell.mode, death)


@matrix(mode="vm", authority="argus")
@pytest.mark.parametrize("death", chosen(Mode.VM))
def test_where_its_machine_may_be_killed_as_well_the_queue_knows_what_may_have_run(killing, cell, death):
    """Nothing is lost silently, nothing runs twice without a record; what is left is counted (docs/failures.md)."""
    is_accounted_for(killing, cell.mode, death)


@shows("R10")
@matrix(mode="setuid log-only", authority="argus")
def test_what_runs_on_after_its_pilot_can_be_ended_by_the_pilots_account(killing, cell):
    """When the front is killed the keeper ends the payload (docs/switch.md): no root is needed for that (F30)."""
    left = []

    def end_it(ground):
        left.append(ground.left().processes)
        ground.kill_as(ground.world.site.pilot_accounts[0].name)
        eventually(lambda: left.append(ground.left().processes) or left[-1] == 0, within=10, every=0.1)

    seen, _ = killing(Victim.AGENT, Step.RUNNING, attempts=1, then=end_it)
    assert seen.state == "lost"
    assert (left[0], left[-1]) == (3, 0)


@pytest.mark.slow
@matrix(mode="setuid", authority="argus")
def test_what_the_payload_itself_left_is_ended_by_root_only(killing):
    """Another uid's process: EPERM (kill(2)). The site's root, as in an epilogue of its batch system, can (F30)."""
    left = []

    def end_it(ground):
        ground.kill_as(ground.world.site.pilot_accounts[0].name)
        left.append(ground.left().processes)
        ground.kill_as("root")
        left.append(ground.left().processes)

    seen, _ = killing(Victim.AGENT, Step.CLEANING, attempts=1, then=end_it)
    assert seen.state == "lost"
    assert left == [1, 0]


@pytest.mark.slow
@matrix(mode="setuid", authority="argus")
def test_the_last_attempt_is_not_followed_by_another(killing):
    """Handed out as often as its owner allows (docs/queue.md): lost or hung with a line that says why."""
    seen, end = killing(Victim.QUEUE, Step.RUNNING, attempts=1)
    assert (seen.state, end.state, end.ran) == ("hung", "hung", 1)
