"""Fleets of real pilots, by way of the VO's API: they come, they work, they stay away from what fails."""

import dataclasses
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from testbed.lab.result import Result
from testbed.lab.wait import eventually
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.client import Vo
from testbed.pilot.health import Caution
from testbed.pilot.home import Home
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, Report, State
from testbed.pilot.plan import Kind, Plan
from testbed.pilot.server import Server
from tests.pilot.conftest import Grid, Side, served

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


class Deaf:
    """A line over which nothing starts: who is sent stays out until it is hung up on."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self._closed = threading.Event()

    def run(self, command: Sequence[str], *, stdin: bytes, limit: float) -> Result:
        self.said.append(stdin)
        self._closed.wait(min(limit, 20))
        return Result(tuple(command), None, b"", b"", False, 0.0)

    def close(self) -> None:
        self._closed.set()


def test_a_single_user_pilot_has_its_users_proxy_and_gets_nothing_of_another(grid: Grid, tmp_path: Path) -> None:
    line = Deaf()
    plan = dataclasses.replace(PLAN, kind=Kind.SINGLE_USER)
    home, ca = Home.open(grid.folder), grid.authority.identity.certificate_pem
    with served(lambda: Server(home, "127.0.0.1", 0, lambda home, node: line, file=tmp_path / "queue.db")) as server:
        robot, alice, bob = (
            Vo("127.0.0.1", proxy=grid.proxy(name), authorities=ca, port=server.port)
            for name in ("pilot", "alice", "bob")
        )
        payloads = [robot.submit(Payload(user, ("/usr/bin/true",))) for user in ("alice", "bob")]
        robot.start_fleet(plan)
        assert eventually(lambda: line.said, within=10)
        request = json.loads(line.said[0])
        assert request["proxy"] == request["orders"]["proxy"] == grid.proxy("alice").decode()
        asked = {"pilot": "pilot-1", "request": "1"}
        for other in (bob, alice):
            name = "pilot-1" if other is bob else "pilot-2"  # somebody else's pilot; one that nobody sent
            with pytest.raises(Problem, match=r"robot|somebody else"):
                other._post("/next", {**asked, "pilot": name})
        taken = alice._post("/next", asked)["payload"]
        assert (taken["id"], taken["user"]) == (payloads[0], "alice")
        assert alice._post("/reports", {**report(payloads[0]), "state": "ended"})["stop"] is False
        assert alice._post("/next", {**asked, "request": "2"})["payload"] is None
        with pytest.raises(Problem):
            alice._post("/reports", {**report(payloads[1]), "state": "ended"})
        robot.stop_fleet("usual", hang_up=True)


def test_a_request_of_which_the_answer_was_lost_is_answered_again_though_the_node_has_all_that_it_may_have(
    grid: Grid, tmp_path: Path
) -> None:
    line, plan = Deaf(), dataclasses.replace(PLAN, slots=2)
    home, ca = Home.open(grid.folder), grid.authority.identity.certificate_pem
    with served(lambda: Server(home, "127.0.0.1", 0, lambda home, node: line, file=tmp_path / "queue.db")) as server:
        robot = Vo("127.0.0.1", proxy=grid.proxy("pilot"), authorities=ca, port=server.port)
        payloads = [robot.submit(Payload("alice", ("/usr/bin/true",))) for _ in range(3)]
        robot.start_fleet(plan)
        assert eventually(lambda: line.said, within=10)
        given = [
            robot._post("/next", {"pilot": "pilot-1", "request": word})["payload"] for word in ("1", "2", "2", "3")
        ]
        assert [each and each["id"] for each in given] == [payloads[0], payloads[1], payloads[1], None]
        robot.stop_fleet("usual", hang_up=True)


class Refusing(Deaf):
    """A line to a gatekeeper that maps nobody."""

    def run(self, command: Sequence[str], *, stdin: bytes, limit: float) -> Result:
        self.said.append(stdin)
        return Result(tuple(command), 203, b"", b"gatekeeper: not run: not-mapped", False, 0.0)


def test_the_payload_of_a_user_whom_the_gatekeeper_does_not_map_comes_back_and_the_node_is_not_to_blame(
    grid: Grid, tmp_path: Path
) -> None:
    line = Refusing()
    home, ca = Home.open(grid.folder), grid.authority.identity.certificate_pem
    with served(lambda: Server(home, "127.0.0.1", 0, lambda home, node: line, file=tmp_path / "queue.db")) as server:
        robot = Vo("127.0.0.1", proxy=grid.proxy("pilot"), authorities=ca, port=server.port)
        payloads = [robot.submit(Payload("alice", ("/usr/bin/true",), attempts=2)) for _ in range(2)]
        robot.start_fleet(dataclasses.replace(PLAN, kind=Kind.SINGLE_USER))
        seen = [robot.wait(payload, limit=20) for payload in payloads]
        assert [(each.state, each.code) for each in seen] == [(State.RETURNED, 203)] * 2
        assert "not-mapped" in seen[0].why
        assert len(line.said) == 2  # each once: a denied user is not shopped around
        [shown] = robot.fleets()
        assert shown["nodes"][0]["standing"] == "well"


def report(payload: str) -> dict[str, object]:
    """What a pilot says of a payload that runs."""
    who = {"uid": 50001, "user": "alpha001", "host": "here"}
    return {**Report(payload, State.STARTED, "pilot-1").json(), "identity": who}


def test_only_the_robot_may_have_fleets(side: Side, grid: Grid) -> None:
    alice = side.caller(grid.proxy("alice"))
    for ask in (lambda: alice.start_fleet(PLAN), alice.fleets, lambda: alice.stop_fleet("usual")):
        with pytest.raises(Problem, match="robot"):
            ask()
