"""What payloads say of their attacks is a raid, unless their victims felt something else."""

import json

import pytest

from testbed.model.attack import Attack
from testbed.model.outcome import Attempt, End, Outcome
from testbed.model.problem import Problem
from testbed.pilot.raid import raid_of

FOUND = {
    "pilots-limits": {"attempt": "succeeded", "saw": "nice", "errno": ""},
    "pilots-proxy": {"attempt": "blocked", "saw": "Permission denied", "errno": "EACCES"},
    "pilots-core": {"attempt": "not tried", "saw": "no core dump", "errno": ""},
}


def ran(out: object) -> Outcome:
    """A payload that said this."""
    return Outcome(End.SEPARATED, 0, "pool alpha", out=out if isinstance(out, str) else json.dumps(out))


def test_an_attack_came_to_something_or_was_not_tried() -> None:
    raid = raid_of(ran(FOUND), {Attack.PILOTS_LIMITS: True, Attack.PILOTS_CORE: True})
    assert raid.attempts == {
        Attack.PILOTS_LIMITS: (Attempt.SUCCEEDED, "nice"),
        Attack.PILOTS_PROXY: (Attempt.BLOCKED, "Permission denied"),
    }
    assert raid.untried == {Attack.PILOTS_CORE: "no core dump"}
    assert raid.outcome(Attack.PILOTS_PROXY).attack is Attempt.BLOCKED
    with pytest.raises(Problem, match="pilots-core could not be tried"):
        raid.outcome(Attack.PILOTS_CORE)


@pytest.mark.parametrize("felt", [{Attack.PILOTS_LIMITS: False}, {Attack.PILOTS_PROXY: True}])
def test_where_the_victim_felt_otherwise_nobody_is_believed(felt: dict[Attack, bool]) -> None:
    with pytest.raises(Problem, match="disagree"):
        raid_of(ran(FOUND), felt)


@pytest.mark.parametrize("said", ["", "[]", "7", '{"no-such-attack": {}}', '{"pilots-core": {}}', '{"pilots-core": 1}'])
def test_a_payload_that_says_nothing_of_them_is_a_problem(said: str) -> None:
    with pytest.raises(Problem, match="did not say what its attacks came to"):
        raid_of(ran(said))


def test_all_of_it_is_kept_as_evidence() -> None:
    kept = json.loads(json.dumps(raid_of(ran(FOUND)).json()))
    assert kept["attempts"]["pilots-limits"] == {"attempt": "succeeded", "saw": "nice"}
    assert kept["untried"] == {"pilots-core": "no core dump"}
    assert kept["payload"].startswith("ran separated")
