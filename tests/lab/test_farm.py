"""More worker nodes beside a world's own: all of them, or none."""

import itertools

import pytest

from testbed.lab import farm as farms
from testbed.lab.engine import RUN, Spec
from testbed.lab.farm import farm, gatekeepers
from testbed.lab.layout import GATEKEEPER, NODE, ROOTS_KEYS, WORKER_NODE, worker_node
from testbed.lab.session import IMAGES, Lab
from testbed.lab.world import LeasedWorld
from testbed.model.problem import Problem


def containers(lab: Lab) -> set[str]:
    """Those of our own run, by name."""
    every = lab.engine.api.containers(all=True, filters={"label": RUN})
    mine = [each for each in every if each["Labels"].items() >= lab.run.labels.items()]
    return {each["Names"][0] for each in mine}


def test_a_farm_of_which_one_node_cannot_be_started_leaves_none(
    lab: Lab, world: LeasedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farms, "_numbers", itertools.count(9000))
    name = f"{world.network}-farm-9000-node-3"
    in_the_way = lab.engine.start(Spec(IMAGES[WORKER_NODE], name, "in-the-way", world.network, lab.run.labels, b""))
    try:
        before = containers(lab)
        with pytest.raises(Problem, match="cannot be started"), farm(world, lab.run, IMAGES[WORKER_NODE], 3):
            pytest.fail("a farm came up without its third node")
        assert containers(lab) == before
    finally:
        in_the_way.stop()


def test_the_vos_key_may_call_a_gatekeeper_and_do_nothing_else(lab: Lab, world: LeasedWorld) -> None:
    trees = [worker_node(world.site, lab.grid, WORKER_NODE, gatekeeper=has) for has in (False, True)]
    without, with_it = (next(entry.content for entry in tree if entry.path == ROOTS_KEYS) for tree in trees)
    [line] = with_it.removeprefix(without).splitlines()
    assert ("/usr/bin/python3", "-I", "-S", "-B", f"{NODE}/gatekeeper") == GATEKEEPER
    assert line.startswith(f'restrict,command="{" ".join(GATEKEEPER)}" ssh-'.encode())
    with farm(world, lab.run, IMAGES[WORKER_NODE], 1) as nodes, gatekeepers(world, nodes):
        assert world.node.run(["cat", ROOTS_KEYS], limit=10).out == with_it
    assert world.node.run(["cat", ROOTS_KEYS], limit=10).out == without
