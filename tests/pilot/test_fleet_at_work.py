"""Fleets of real pilots, by way of the VO's API: they come, they work, they stay away from what fails."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.lab.wait import eventually
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.health import Caution
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, State
from testbed.pilot.plan import Plan
from tests.pilot.conftest import Grid, Side

PLAN = Plan("usual", Order(Mode.NONE, limit=60), ({"name": "here"},))


def test_a_fleet_works_the_queue_off_and_comes_back_when_something_is_submitted(side: Side) -> None:
    side.vo.start_fleet(dataclasses.replace(PLAN, each=2))
    for _ in range(2):
        payloads = [side.vo.submit(Payload(user, ("/usr/bin/true",))) for user in ("alice", "bob", "alice")]
        assert [side.vo.wait(payload, limit=20).state for payload in payloads] == [State.ENDED] * 3
        assert eventually(lambda: not side.vo.fleets()[0]["nodes"][0]["pilots"], within=20, every=0.1)
    [shown] = side.vo.fleets()
    assert shown["waiting"] == 0
    assert 2 <= shown["sent"] <= 6
    assert not side.vo.stop_fleet("usual")


def test_a_node_on_which_the_switch_fails_at_once_is_given_few_and_the_rest_waits(
    side: Side, script: Callable[[str], str]
) -> None:
    side.node.changes["switch"] = script("exit 202")
    patient = dataclasses.replace(PLAN, order=Order(Mode.SETUID, retries=0), caution=Caution(first=300))
    payloads = [side.vo.submit(Payload(user, ("/usr/bin/true",))) for user in ("alice", "bob") * 5]
    side.vo.start_fleet(patient)
    assert eventually(lambda: side.vo.fleets()[0]["nodes"][0]["standing"] == "drained", within=20, every=0.1)
    assert eventually(lambda: not side.vo.fleets()[0]["nodes"][0]["pilots"], within=20, every=0.1)
    assert [side.vo.wait(payload, limit=0.001).state for payload in payloads] == [State.RETURNED] * 3 + [
        State.QUEUED
    ] * 7


def test_a_pilot_for_several_payloads_runs_them_at_once(side: Side, tmp_path: Path) -> None:
    side.vo.start_fleet(dataclasses.replace(PLAN, slots=3))
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    meet = 'touch "$0/$1"; while [ "$(ls "$0" | wc -l)" -lt 3 ]; do sleep 0.02; done'
    argv = ("/bin/sh", "-c", meet, str(meeting))
    payloads = [side.vo.submit(Payload("alice", (*argv, f"payload-{number}"), limit=20)) for number in range(3)]
    reports = [side.vo.wait(payload, limit=25) for payload in payloads]
    assert [(report.state, report.code) for report in reports] == [(State.ENDED, 0)] * 3
    assert len({report.pilot for report in reports}) == 1


def test_only_the_robot_may_have_fleets(side: Side, grid: Grid) -> None:
    alice = side.caller(grid.proxy("alice"))
    for ask in (lambda: alice.start_fleet(PLAN), alice.fleets, lambda: alice.stop_fleet("usual")):
        with pytest.raises(Problem, match="robot"):
            ask()
