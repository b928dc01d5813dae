"""What the service's bench makes of what it measured; each thing that it looks for is there once, on purpose."""

import dataclasses
import struct

import pytest

from bench.service import asked, asking, goals, rush, saml, upkeep
from bench.service.asked import Asked
from bench.speed import Series
from testbed.authority import hessian_reader
from testbed.authority.face import Call
from testbed.authority.faces import argus_request
from testbed.authority.faces.argus import Argus
from testbed.authority.faces.scas import Scas
from testbed.authority.party import Party
from testbed.credentials.grid import Bearer
from testbed.lab.control import Line
from testbed.model.problem import Problem
from testbed.pilot import callers
from testbed.site.load import example
from tests.authority import vector

MILLISECOND = 1_000_000
SITE = example("setuid-argus")
ALICE = Bearer("alice", "/DC=org/DC=testbed/O=People/CN=Alice Archer", "alpha", ("/alpha",), "proxies/alice.pem")
GRANTED = Line(7, "decision", {"decision": "Permit", "subject": ALICE.dn, "account": "alpha003"})
CHAIN = b"-----BEGIN CERTIFICATE-----\nAQ==\n-----END CERTIFICATE-----\n"
KEY = b"-----BEGIN EC PRIVATE KEY-----\nAg==\n-----END EC PRIVATE KEY-----\n"


def rows(*told: tuple[int, int, int]) -> bytes:
    """As the generator writes them: outcome, began and ended in milliseconds."""
    return b"".join(
        struct.pack("=iiqq", 0, outcome, began * MILLISECOND, ended * MILLISECOND) for outcome, began, ended in told
    )


def test_a_run_is_as_fast_as_its_right_answers_from_the_first_question_to_the_last_answer() -> None:
    run = asked.read("argus", 2, False, rows((0, 0, 10), (0, 5, 25), (3, 10, 500), (5, 20, 30)), 250_000)
    assert run.outcomes == {"right": 2, "no answer": 1, "wrong answer": 1}
    assert (run.calls, run.bad, run.wrong, run.rate) == (4, 2, 1, 4.0)
    assert (run.times, run.p95, run.seconds, run.generating) == ((10.0, 20.0), 20.0, 0.5, 0.5)


def test_without_a_right_answer_nothing_is_fast() -> None:
    run = asked.read("argus", 12, False, rows((1, 0, 10)), 10)
    assert [goal.name for goal in goals.of_decisions([run]) if not goal.met] == [
        *("decisions", "answer time", "decided right")
    ]


def made(rate: float, p95: float = 20.0, generating: float = 0.5) -> Asked:
    """Twelve callers who were asked for a second."""
    return Asked("argus", 12, False, (p95,) * int(rate), {"right": int(rate)}, 1.0, generating)


@pytest.mark.parametrize(
    ("run", "missed"),
    [
        (made(430), []),
        (made(429), ["decisions"]),
        (made(500, p95=274.5), ["answer time"]),
        (made(500, generating=0.81), ["generator"]),
    ],
)
def test_ten_times_argus_is_430_a_second(run: Asked, missed: list[str]) -> None:
    assert [goal.name for goal in goals.of_decisions([run]) if not goal.met] == missed


@pytest.mark.parametrize(("argus", "is_met"), [(24.0, True), (26.0, False)])
def test_asking_an_argus_may_take_15_ms(argus: float, is_met: bool) -> None:
    series = {
        f"{name}: glexec": Series(name, "", (median,) * 20) for name, median in (("gridmap", 10.0), ("argus", argus))
    }
    assert [goal.met for goal in goals.of_whole(series)] == [is_met]


def test_memory_may_grow_by_5_megabytes_and_a_reset_take_20_milliseconds() -> None:
    memory = upkeep.Memory(10, 100, 50_000_000, 55_000_000, 0)
    assert [goal.met for goal in goals.of_upkeep(memory, [20.0])] == [True, True]
    more = dataclasses.replace(memory, after=55_000_001)
    assert [goal.met for goal in goals.of_upkeep(more, [1.0] * 18 + [20.1] * 2)] == [False, False]


def ban(*told: tuple[str, str]) -> list[Line]:
    """The log of a ban at 12:00:00.100, and of decisions at some milliseconds of that second."""
    lines = [Line(5, "control", {"event": "ban", "time": "2026-11-26T12:00:00.100+00:00"})]
    return lines + [
        Line(6 + at, "decision", {"decision": decision, "time": f"2026-11-26T12:00:00.{ms}+00:00"})
        for at, (decision, ms) in enumerate(told)
    ]


def test_a_ban_is_felt_at_the_first_deny_after_it() -> None:
    assert upkeep.until_refused(ban(("Permit", "101"), ("Deny", "104"), ("Deny", "105"))) == pytest.approx(4)


@pytest.mark.parametrize("told", [[("Permit", "101")], [("Deny", "101"), ("Permit", "102")], []])
def test_a_ban_that_does_not_hold_ends_the_bench(told: list[tuple[str, str]]) -> None:
    with pytest.raises(Problem, match="a ban does not hold"):
        upkeep.until_refused(ban(*told))


@pytest.mark.parametrize(
    ("uid", "decisions", "is_right"),
    [
        (50003, [GRANTED], True),
        (50004, [GRANTED], False),  # nobody was given that
        (50003, [], False),
        (50003, [dataclasses.replace(GRANTED, parts={**GRANTED.parts, "subject": "/CN=Bob"})], False),
        (51003, [dataclasses.replace(GRANTED, parts={**GRANTED.parts, "account": "alphaprd003"})], False),  # her pool
        (50003, [dataclasses.replace(GRANTED, parts={**GRANTED.parts, "decision": "Deny"})], False),
    ],
)
def test_an_identity_is_right_when_the_service_gave_it_to_just_this_user(
    uid: int, decisions: list[Line], is_right: bool
) -> None:
    assert rush.rightful(SITE, {"alice": ALICE}, decisions)("alice", uid) is is_right


def test_switches_whose_payload_did_not_run_are_not_good() -> None:
    calls = [
        callers.Call(17, "alice", "pilot01", 17, "50003 alice 17\n", "", 0.25),
        callers.Call(18, "alice", "pilot01", 203, "", "", 0.01),
    ]
    found = rush.judged(calls, lambda user, uid: True)
    assert (found.calls, found.good, found.wrong, found.p95) == (2, 1, (), 250.0)


def believed(chain: object) -> Party:
    assert list(chain) == [b"\1"]  # type: ignore[call-overload]
    return Party("/CN=Jane", "/CN=CA", ("/atlas",), True, (b"\1",))


def call(question: asking.Question) -> Call:
    """The request as the service has it."""
    head, _, body = question.request.partition(b"\r\n\r\n")
    method, path, _ = head.split(b"\r\n")[0].decode().split()
    assert f"Content-Length: {len(body)}".encode() in head
    return Call(method, path, "", {}, body)


def test_argus_is_asked_as_by_the_real_client() -> None:
    """pepcli 2.2.0, observed: fields, their order, and which attributes have no type."""
    question = asking.argus("argus01", CHAIN, CHAIN, asking.named("alpha001"))
    asks = Argus().question(call(question), believed)
    assert (asks.subject.dn, asks.pilot and asks.pilot.dn, asks.host) == ("/CN=Jane", "/CN=Jane", "worker-node")
    real, ours = hessian_reader.decode(vector.argus_request()), asks.raw
    assert isinstance(real, argus_request.Map)
    assert isinstance(ours, argus_request.Map)
    assert (ours.name, list(ours.fields)) == (real.name, list(real.fields))
    assert ours.fields["action"] == real.fields["action"]
    assert all(len(line) <= 64 for line in call(question).body.split(b"\r\n"))


@pytest.mark.parametrize("path", ["/", saml.GUMS])
def test_scas_and_gums_are_asked_in_a_way_that_is_understood(path: str) -> None:
    asked_for = saml.saml("scas", path, "/CN=Jane", ("/atlas",), CHAIN, "/CN=Pilot", b">50")
    question = Scas().question(call(asked_for), believed)
    assert (question.subject.dn, question.pilot and question.pilot.dn) == ("/CN=Jane", "/CN=Pilot")
    assert set(question.supported) == set(saml.OBLIGATIONS)
    assert call(asked_for).path == path


def test_no_private_key_is_sent_to_anybody() -> None:
    assert asking.certificates(CHAIN + KEY + CHAIN) == CHAIN + CHAIN
