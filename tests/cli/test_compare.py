"""`testbed fleet compare`, and fleets of the gatekeeper's: what is refused at once, and one comparison for real."""

import json
from typing import Any

import pytest

from testbed.lab import demo
from testbed.lab.engine import Engine
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot import muster
from testbed.pilot.plan import Kind
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["compare", "--kind", "clasic"], "no such kind of job"),
        (["compare", "--payloads", "0"], "1 to 1000"),
        (["compare", "--nodes", "1000"], "1 to 20"),
        (["compare", "--circumstance", "bad-nod"], "invalid choice: 'bad-nod'"),
        (["compare"], "the container engine does not answer"),
        (["start", "--node", "setuid", "--kind", "clasic"], "invalid choice: 'clasic'"),
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_said_at_once(testbed: Command, words: list[str], message: str) -> None:
    said = testbed("fleet", *words)
    assert said.code == 2
    assert message in said.err
    assert said.work < 3


def test_kinds_are_compared_by_one_command_and_a_program_can_read_the_figures(testbed: Command) -> None:
    words = ["--kind", "classic", "--kind", "single-user", "--circumstance", "well"]
    said = testbed(
        "fleet", "compare", *words, "--payloads", "3", "--nodes", "1", "--json", DOCKER_HOST=Engine().address
    )
    assert said.code == 0, said.err
    classic, single = json.loads(said.out)["well"]
    assert (classic["way"], classic["ran"], classic["lost"], classic["pilots"]) == ("classic", 3, 0, 3)
    assert (single["way"], single["ran"], single["lost"]) == ("single-user", 3, 0)
    assert "worker nodes" in said.err


def test_a_job_of_the_gatekeepers_goes_only_where_the_vo_may_call_one(monkeypatch: pytest.MonkeyPatch) -> None:
    engine: Any = None
    monkeypatch.setattr(demo, "has_gatekeeper", lambda engine, host: host == "worker-node-setuid")
    monkeypatch.setattr(muster, "reached", lambda engine, node: ("setuid-gridmap", {"name": node, "address": "x"}))
    plan = muster.plan(engine, ["setuid"], kind=Kind.CLASSIC)
    assert (plan.kind, plan.order.mode) == (Kind.CLASSIC, Mode.NONE)
    with pytest.raises(Problem, match="without a gatekeeper") as refused:
        muster.plan(engine, ["setuid", "argus"], kind=Kind.SINGLE_USER)
    assert refused.value.found == "argus"
    with pytest.raises(Problem, match="calls no switch"):
        muster.plan(engine, ["setuid"], kind=Kind.CLASSIC, mode="setuid")
