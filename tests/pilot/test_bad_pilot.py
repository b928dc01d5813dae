"""Pilots of a wrong role, and reports and questions that cannot be: neither payload nor proxy for the former, no change
by the latter."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from testbed.credentials.ca import Authority
from testbed.credentials.proxy import Policy, Proxy, make_proxy
from testbed.credentials.voms import VomsServer
from testbed.model.problem import Problem
from testbed.pilot.payload import LARGEST_STREAM, LONGEST_REASON, Payload, State, encode
from tests.pilot.conftest import Grid, Side
from tests.pilot.membership import attributes
from tests.pilot.raw import posted, said

OFFER = {"pilot": "mine", "offer": {"mode": "none"}}
ROLE = "/alpha/Role=pilot"


def with_role(grid: Grid, *fqans: str, server: VomsServer | None = None, **parts: Any) -> Proxy:
    """The robot's proxy with these attributes, signed by the VO's server unless told."""
    return make_proxy(grid.robot, attributes=attributes(server or grid.alpha, grid.robot, fqans, **parts))


@pytest.mark.parametrize(
    "bearer",
    [
        lambda grid: make_proxy(grid.robot),
        lambda grid: with_role(grid, "/alpha"),
        lambda grid: with_role(grid, "/alpha/Role=production", "/alpha/Role=pilotx"),
        lambda grid: with_role(grid, "/alpha/sub/Role=pilot"),
        lambda grid: with_role(grid, ROLE, lasts=timedelta(minutes=-1)),
        lambda grid: make_proxy(grid.robot, attributes=attributes(grid.alpha, grid.robot, (ROLE,))[:-1] + b"\0"),
        lambda grid: make_proxy(grid.robot, attributes=attributes(grid.alpha, grid.people["alice"], (ROLE,))),
        lambda grid: with_role(grid, "/beta/Role=pilot", server=VomsServer.new("beta", grid.authority)),
        lambda grid: with_role(grid, ROLE, server=VomsServer.new("beta", grid.authority)),
        lambda grid: with_role(grid, ROLE, server=VomsServer.new("alpha", Authority.new())),
    ],
    ids=[
        "no attributes",
        "no role",
        "other roles",
        "of a subgroup",
        "expired",
        "with a bad signature",
        "somebody else's",
        "another VO's",
        "signed by another VO",
        "of a false server",
    ],
)
def test_a_pilot_of_a_wrong_role_gets_neither_payload_nor_proxy(
    standing: Side, grid: Grid, bearer: Callable[[Grid], Proxy]
) -> None:
    pilot = standing.caller(bearer(grid).pem)
    payload = pilot.submit(Payload("alice", ("/bin/true",)))  # the robot operates the queue, whatever its role
    for path, body in (
        ("/next", OFFER),
        (f"/payloads/{payload}/proxy", {"pilot": "mine"}),
        ("/reports", {"payload": payload, "pilot": "mine", "state": "taken"}),
    ):
        answer = said(pilot, posted(path, body))
        assert answer.status == 403
        assert (answer.problem["what"], answer.problem["expected"]) == ("only a pilot may do this", ROLE)
    assert standing.vo.wait(payload, limit=0.001).state is State.QUEUED


def test_the_robot_without_a_proxy_is_no_pilot(standing: Side, grid: Grid) -> None:
    plain = standing.caller(grid.robot.certificate_pem + grid.robot.key_pem)
    answer = said(plain, posted("/next", OFFER))
    assert (answer.status, answer.problem["found"]) == (403, "no VOMS attributes that count")


@pytest.fixture
def beta(grid: Grid) -> VomsServer:
    """The server of another VO, in which the VO believes as well."""
    server = VomsServer.new("beta", grid.authority)
    folder = grid.folder / "vomsdir" / "beta"
    folder.mkdir()
    (folder / f"{server.host}.lsc").write_bytes(server.lsc)
    return server


def test_a_role_of_a_vo_in_which_the_vo_believes_is_still_another_vos(beta: VomsServer, side: Side, grid: Grid) -> None:
    answer = said(side.caller(with_role(grid, "/beta/Role=pilot", server=beta).pem), posted("/next", OFFER))
    assert (answer.status, answer.problem["found"]) == (403, "/beta/Role=pilot")


def test_a_user_with_the_role_of_pilots_is_no_pilot(standing: Side, grid: Grid) -> None:
    bob = grid.people["bob"]
    caller = standing.caller(make_proxy(bob, attributes=attributes(grid.alpha, bob, (ROLE,))).pem)
    answer = said(caller, posted("/next", OFFER))
    assert (answer.status, answer.problem["what"]) == (403, "only the VO's robot may do this")


def test_a_limited_proxy_of_the_pilots_is_still_its_own(side: Side, grid: Grid) -> None:
    pilot = side.caller(make_proxy(with_role(grid, ROLE), policy=Policy.LIMITED).pem)
    assert pilot._post("/next", OFFER) == {"payload": None}


@pytest.mark.parametrize(
    ("body", "what", "found"),
    [
        ({}, "JSON data of another shape: pilot", "None"),
        ({"pilot": "mine"}, "no such pilot", "mine"),
        ({"pilot": "mine", "offer": {}}, "an offer without its mode", "{}"),
        ({"pilot": "mine", "offer": []}, "JSON data of another shape", "[]"),
        ({"pilot": "mine", "offer": {"mode": "nome"}}, "no such mode", "'nome'"),
        ({"pilot": "mine", "offer": {"mode": "none", "memory": "much"}}, "memory in MiB is a whole number", "'much'"),
        ({"pilot": "mine", "offer": {"mode": "none", "memory": 2**80}}, "memory in MiB is a whole number", str(2**80)),
        ({"pilot": "mine", "offer": {"mode": "none", "seconds": -1}}, "a time is a number of seconds", "-1"),
        ({"pilot": "mine", "offer": {"mode": "none", "start_limit": 1e300}}, "a time is a number of seconds", "1e+300"),
        ({"pilot": "mine", "offer": {"mode": "none", "vos": "alpha"}}, "VOs are a list", "'alpha'"),
        ({"pilot": "mine", "offer": {"mode": "none", "cores": 4}}, "an offer cannot have this key", "'cores'"),
        (
            {"pilot": "mine", "offer": {"mode": "none"}, "x": 1},
            "a pilot that asks for work cannot have this key",
            "'x'",
        ),
        ({"pilot": "a\nb", "offer": {"mode": "none"}}, "a pilot is a short text without control characters", "'a\\nb'"),
    ],
)
def test_an_offer_that_makes_no_sense_gets_nothing(
    standing: Side, body: Mapping[str, Any], what: str, found: str
) -> None:
    payload = standing.vo.submit(Payload("alice", ("/bin/true",)))
    answer = said(standing.vo, posted("/next", body))
    assert (answer.status, answer.problem["what"], answer.problem["found"]) == (409, what, found)
    assert standing.vo.wait(payload, limit=0.001).state is State.QUEUED


@pytest.fixture
def taken(side: Side) -> Mapping[str, Any]:
    """The first report of a payload that the pilot ``mine`` has."""
    payload = side.vo.submit(Payload("alice", ("/bin/true",), attempts=2))
    side.vo._post("/next", OFFER)
    return {**side.vo.wait(payload, limit=0.001).json(), "state": "started"}


IDENTITY = {"uid": 1000, "user": "alpha001", "host": "here"}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"pilot": "\ud800"}, "a pilot is a short text without control characters"),
        ({"state": "finished"}, "no such state of a payload"),
        ({"state": 5}, "JSON data of another shape: state"),
        ({"code": "0"}, "an exit code is a whole number"),
        ({"code": -1}, "an exit code is a whole number"),
        ({"code": 256}, "an exit code is a whole number"),
        ({"code": 10**4000}, "an exit code is a whole number"),
        ({"identity": {"uid": "0"}}, "JSON data of another shape: uid"),
        ({"identity": {**IDENTITY, "uid": -1}}, "a uid is a whole number"),
        ({"identity": {**IDENTITY, "uid": 0xFFFFFFFF}}, "a uid is a whole number"),
        ({"identity": {**IDENTITY, "user": "\x1b[2J"}}, "an account is a short text without control characters"),
        ({"identity": {**IDENTITY, "host": "x" * 1000}}, "a host is a short text without control characters"),
        ({"separated": "yes"}, "JSON data of another shape: separated"),
        ({"separated": True, "bypassed": True}, "a payload was run by the switch or by its pilot"),
        ({"out": "%"}, "an output travels as base64"),
        ({"err": encode(bytes(LARGEST_STREAM + 1))}, "an output that is too large"),
        ({"why": None}, "JSON data of another shape: why"),
        ({"payload": "payload-1' OR 1=1"}, "no such payload"),
        ({"payload": "payload-999"}, "no such payload"),
        ({"state": "queued"}, "this report cannot be"),
        ({"state": "taken"}, None),
        ({"state": "cancelled"}, "this report cannot be"),
        ({"pilot": ""}, "this report cannot be"),
        ({"pilot": "another"}, "this report cannot be"),
    ],
)
def test_a_report_that_makes_no_sense_changes_nothing_and_its_pilot_is_told_to_end_the_payload(
    side: Side, taken: Mapping[str, Any], change: Mapping[str, Any], what: str | None
) -> None:
    before = side.vo.history(taken["payload"])
    answer = said(side.vo, posted("/reports", {**taken, **change}))
    if what is None:  # what is known already may be said again
        assert answer.status == 200
    else:
        assert (answer.status, answer.problem["what"], answer.answer["stop"]) == (409, what, True)
    assert side.vo.history(taken["payload"]) == before
    assert said(side.vo, posted("/reports", taken)).answer["stop"] is False


@pytest.mark.parametrize("backwards", ["started", "returned", "taken", "queued"])
def test_what_has_ended_neither_starts_nor_goes_back(side: Side, taken: Mapping[str, Any], backwards: str) -> None:
    end = {**taken, "state": "ended", "code": 3}
    assert said(side.vo, posted("/reports", end)).status == 200
    assert said(side.vo, posted("/reports", end)).status == 200  # twice: the first answer was lost
    before = side.vo.history(taken["payload"])
    assert said(side.vo, posted("/reports", {**taken, "state": backwards})).status == 409
    assert said(side.vo, posted("/reports", {**end, "code": 4})).status == 409
    after = side.vo.history(taken["payload"])
    assert after[:2] == before[:2]
    assert [change.state for change in after[2]][: len(before[2])] == [change.state for change in before[2]]
    assert len(after[2]) <= len(before[2]) + 1  # the first late word is kept


def test_a_payload_that_has_started_cannot_be_given_back_as_if_it_had_not(side: Side, taken: Mapping[str, Any]) -> None:
    assert said(side.vo, posted("/reports", taken)).status == 200
    assert said(side.vo, posted("/reports", {**taken, "state": "returned"})).status == 409
    assert side.vo.wait(taken["payload"], limit=0.001).state is State.STARTED


def test_a_long_reason_is_cut_off(side: Side, taken: Mapping[str, Any]) -> None:
    assert said(side.vo, posted("/reports", {**taken, "why": "\ud800" + "x" * 100_000})).status == 200
    _, report, history = side.vo.history(taken["payload"])
    assert len(report.why) == len(history[-1].why) == LONGEST_REASON


def test_a_pilot_gets_the_proxy_of_no_payload_but_its_own(side: Side, taken: Mapping[str, Any]) -> None:
    waiting = side.vo.submit(Payload("bob", ("/bin/true",), slot="elsewhere"))
    for ident, body in (
        (taken["payload"], {"pilot": "another"}),
        (taken["payload"], {"pilot": ""}),
        (waiting, {"pilot": "mine"}),
        (waiting, {"pilot": ""}),
        ("payload-999", {"pilot": "mine"}),
    ):
        answer = said(side.vo, posted(f"/payloads/{ident}/proxy", body))
        assert answer.status == 409
        assert "PRIVATE KEY" not in json.dumps(answer.answer)
    said(side.vo, posted("/reports", {**taken, "state": "ended", "code": 0}))
    with pytest.raises(Problem, match="does not have this payload"):
        side.vo._post(f"/payloads/{taken['payload']}/proxy", {"pilot": "mine"})
