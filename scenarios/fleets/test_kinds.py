"""The same payloads as classic jobs, by single-user and by multi-user pilots: what differs, and what has to."""

import json

from testbed.lab.farm import gatekeepers
from testbed.model.mode import Mode
from testbed.pilot.comparison import as_json, measured
from testbed.pilot.kinds import CLASSIC, SINGLE_USER, at_once, multi_user
from testbed.pilot.workload import payloads
from testbed.plugin import matrix

MANY = 24
NODES = 2


def keep(suite, notes, figures):
    """The figures, as evidence."""
    place = suite.folder / notes.evidence
    place.mkdir(parents=True, exist_ok=True)
    (place / "kinds.json").write_text(json.dumps([as_json(one) for one in figures], indent=1) + "\n")


@matrix(mode="setuid")
def test_each_kind_of_job_runs_everything_and_pays_in_its_own_way(nodes, vo, cell, world, slot, suite, notes):
    """A job for each payload, a pilot for each user, or one for all (GDB 2007-10: late binding; the bounds follow).

    A switch is called by multi-user pilots only, and none lets a payload look into another user's. Once a multi-user
    pilot is there, the next payload starts sooner than a job does (docs/kinds.md, measured).
    """
    farm, account = nodes(NODES), world.site.pilot_accounts[0].name
    found = {}
    with gatekeepers(world, farm):
        for way in (CLASSIC, SINGLE_USER, multi_user(cell.mode)):
            mine = f"{slot}-{way.name}".replace(" ", "-")
            found[way.name] = measured(vo, farm, account, way, mine, payloads(MANY, mine))
    keep(suite, notes, found.values())
    classic, single, multi = found.values()
    assert {one.ran for one in found.values()} == {MANY}
    assert {one.mixed for one in found.values()} == {0}
    assert classic.pilots == MANY
    assert multi.pilots <= single.pilots < MANY
    assert (classic.switch_calls, single.switch_calls) == (0, 0)
    assert multi.switch_calls >= MANY
    assert max(single.turn, multi.turn) < classic.turn
    assert {one.beside for one in found.values()} == {0}


@matrix(mode="log-only setuid")
def test_of_several_payloads_at_once_only_a_switch_of_accounts_hides_one_from_another(
    nodes, vo, cell, world, slot, suite, notes
):
    """Log-only is an unprivileged program: the payloads have the pilot's uid (Quattor templates for UMD-4)."""
    way = at_once(cell.mode)
    one = measured(
        vo, nodes(1), world.site.pilot_accounts[0].name, way, slot, payloads(MANY // 2, slot, users=("alice", "bob"))
    )
    keep(suite, notes, [one])
    assert one.ran == one.payloads
    assert one.pilots == 1
    if cell.mode is Mode.LOG_ONLY:
        assert (one.accounts, one.mixed) == (1, 1)
        assert one.beside >= 1
    else:
        assert (one.accounts, one.mixed, one.beside) == (2, 0, 0)
