"""A mistake of the service itself is an apology to the client and a line in the log, and never a Permit."""

import asyncio
import json
from collections.abc import Sequence

import aiohttp
import pytest

from testbed.authority.answer import Account, Answer, Decision
from testbed.authority.breakage import Breaker
from testbed.authority.desk import Desk
from testbed.authority.face import Call, Reply, Verify
from testbed.authority.gate import Gate
from testbed.authority.log import LARGEST, LONGEST, Log
from testbed.authority.party import Party
from testbed.authority.question import Question
from testbed.authority.server import Server
from testbed.authority.settings import Limits, Ports, Settings


class Clumsy:
    """A face and a decision core in one: fails at the step that the request's body names."""

    name = "clumsy"
    twists: Sequence[str] = ()

    def question(self, call: Call, verify: Verify) -> Question:
        if call.body == b"question":
            raise RuntimeError("clumsy in question")
        return Question("clumsy", Party("/CN=Jane"), call.body.decode(), "do")

    def decide(self, question: Question) -> Answer:
        if question.resource == "decide":
            raise RuntimeError("clumsy in decide")
        return Answer(Decision.PERMIT, Account("jane", 1000, "people", 100), reason="rule")

    def reply(self, question: Question, answer: Answer, twist: str = "") -> Reply:
        if question.resource == "reply":
            raise RuntimeError("clumsy in reply")
        return Reply(200, b"yes")

    def apology(self, call: Call, error: Exception) -> Reply:
        return Reply(500, b"sorry")


def nobody(chain: Sequence[bytes]) -> Party:
    raise AssertionError("there is no chain")


async def asked(*bodies: bytes) -> tuple[list[tuple[int, bytes]], Log]:
    """What a service that fails so answers to each, on one connection."""
    clumsy, log, breaker, limits = Clumsy(), Log(100), Breaker(), Limits()
    settings = Settings(address="127.0.0.1", ports=Ports(0, 0, 0, 0, 0, 0))
    desk = Desk(clumsy, {("plain", "/"): clumsy}, nobody, breaker, log, Gate(limits))
    server = Server(settings, desk, breaker, log, None)
    server.start()
    answers = []
    async with aiohttp.ClientSession() as session:
        for body in bodies:
            url = f"http://127.0.0.1:{server.listeners['plain'].port}/"
            async with session.post(url, data=body) as response:
                answers.append((response.status, await response.read()))
    await server.stop()
    return answers, log


@pytest.mark.parametrize("step", ["question", "decide", "reply"])
def test_a_mistake_of_ours_is_an_apology_and_the_service_goes_on(step: str) -> None:
    answers, log = asyncio.run(asked(step.encode(), b"well"))
    assert answers == [(500, b"sorry"), (200, b"yes")]
    first, second = map(json.loads, log.since(0))
    assert (first["kind"], first["problem"]) == ("broken", f"RuntimeError: clumsy in {step}")
    assert (second["kind"], second["account"]) == ("decision", "jane")


def test_the_log_keeps_the_last_lines_and_short_texts() -> None:
    log = Log(3)
    for number in range(5):
        log.add("control", event="x" * (number * 1000))
    lines = [json.loads(line) for line in log.since(0)]
    assert [line["seq"] for line in lines] == [3, 4, 5]
    assert len(lines[-1]["event"]) < LONGEST + 50
    log.clear()
    assert list(log.since(0)) == []
    log.add("control")
    assert log.last == 6


def test_the_log_forgets_its_oldest_lines_when_all_are_too_large() -> None:
    log = Log(20_000)
    fqans = ("/alpha/" + "x" * 1000,) * 100
    for _ in range(2 * LARGEST // 100_000):
        log.add("decision", fqans=fqans)
    kept = list(log.since(0))
    assert LARGEST / 2 < sum(map(len, kept)) <= LARGEST
    assert json.loads(kept[-1])["seq"] == log.last
    log.clear()
    for _ in range(5):
        log.add("decision", fqans=fqans)
    assert len(list(log.since(0))) == 5
