"""A careless pilot hands on its environment and an open proxy; the usual one hands on nothing."""

import json

import pytest

from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.node.agent.pilot import SECRETS
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, State
from testbed.pilot.probes import probe
from testbed.pilot.stages.beside import THIEF
from tests.pilot.conftest import Grid, Side
from tests.pilot.probing import PYTHON

SECRET = "a pilot's secret"


@pytest.mark.parametrize(("careless", "came_to"), [(SECRET, "succeeded"), ("", "blocked")])
def test_what_a_payload_finds_open_and_set_that_is_the_pilots(
    side: Side, grid: Grid, careless: str, came_to: str
) -> None:
    robot = grid.proxy("pilot").decode().splitlines()
    key = robot[next(number for number, line in enumerate(robot) if "PRIVATE KEY" in line) + 1]
    targets = {
        "open": {"kind": "own-descriptors", "marker": key},
        "set": {"kind": "own-environment", "marker": SECRET},
    }
    payload = Payload("alice", (PYTHON, "-S", "-", json.dumps(targets)), probe("thief", *THIEF))
    ident = side.vo.submit(payload)
    pilot = side.vo.start_pilot(Order(Mode.NONE, start_limit=5, retries=0, careless=careless))
    report = side.vo.end_of(ident, pilot, limit=20)
    assert report.state is State.ENDED, report.why
    found = json.loads(report.out)
    assert [each["attempt"] for each in found.values()] == [came_to, came_to]
    assert all((name in found["set"]["saw"]) == bool(careless) for name in SECRETS)


@pytest.mark.parametrize("secret", [1, None, "x" * 201, "a\0b"])
def test_a_secret_that_cannot_be_a_variable_is_no_order(secret: object) -> None:
    order = Order(Mode.NONE, careless=SECRET)
    assert Order.parse(order.json()) == Order.parse(json.loads(json.dumps(order.json())))
    assert Order.parse(order.json()).careless == SECRET
    with pytest.raises(Problem, match="a secret that no pilot can have"):
        Order.parse({**order.json(), "careless": secret})
