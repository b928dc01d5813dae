"""A site's answers, explained: what it offers, what contradicts, what question 4 allows, and what each client does."""

import dataclasses
import json

import pytest

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.condition import Condition
from testbed.model.failure import Failure
from testbed.model.mode import Installation
from testbed.pilot.profiles import PROFILES
from testbed.pilot.profiles.explained import Explained
from testbed.pilot.profiles.weather import WEATHERS
from testbed.site import example, examples

NO, ALLOW, REQUIRE = Stance


def explained(
    error: OnInternalError,
    setuid: Stance = REQUIRE,
    log_only: Stance = NO,
    *conditions: Condition,
    tells: bool = True,
) -> Explained:
    answers = Answers(MultiUser.YES, setuid, log_only, error, on_internal_error_if=conditions)
    return Explained("mine", answers, Installation.SETUID, tells)


@pytest.mark.parametrize("name", examples())
def test_every_example_can_be_explained(name: str) -> None:
    found = Explained.of(example(name))
    data = json.loads(json.dumps(found.data))
    assert set(data["clients"]) == set(PROFILES)
    for ways in data["clients"].values():
        seen = sorted(weather.rstrip("!") for weathers in ways.values() for weather in weathers)
        assert seen == sorted(WEATHERS), "every weather once"
    text = str(found)
    assert text.startswith(f"{name}: ")
    assert [name for name in PROFILES if f"  {name}: " not in text] == []


def test_what_question_4_lets_a_pilot_do_is_said_for_each_class() -> None:
    said = {error: explained(error) for error in OnInternalError}
    for failure in (Failure.DENIED, Failure.MISUSED):
        assert {each.question_4(failure) for each in said.values()} == {said[OnInternalError.NO].question_4(failure)}
        assert said[OnInternalError.YES].question_4(failure).startswith("runs nothing")
    assert "gives the payload back" in said[OnInternalError.NO].question_4(Failure.INTERNAL)
    assert "no condition is stated" in said[OnInternalError.DEPENDS].question_4(Failure.INTERNAL)
    assert "runs it itself, and says so" in said[OnInternalError.YES].question_4(Failure.INTERNAL)
    assert "the site requires glexec" in said[OnInternalError.YES].question_4(Failure.TRACELESS)
    assert "runs it itself" in explained(OnInternalError.YES, ALLOW).question_4(Failure.TRACELESS)


def test_conditions_are_said_in_words() -> None:
    found = explained(OnInternalError.DEPENDS, REQUIRE, NO, Condition(roles=("production",), runs_at_most=2))
    said = found.question_4(Failure.INTERNAL)
    assert "if the role is production and fewer than 2 payloads" in said
    assert "fulfils no condition" in found.question_4(Failure.TRACELESS)
    assert "hide the pilot's own proxy first" in str(found)
    assert "hide the pilot's own proxy first" not in str(explained(OnInternalError.NO))


def test_who_runs_a_payload_against_the_answers_is_marked() -> None:
    clients = explained(OnInternalError.NO).data["clients"]
    assert "denied!" in clients["dirac"]["runs the payload itself, and tells nobody"]
    assert "noise!" in clients["panda-true"]["runs the payload itself, and tells nobody"]
    assert clients["panda-false"] == {
        "runs the payload without the switch, as configured": [f"{weather}!" for weather in WEATHERS]
    }
    assert "!" not in str(clients["careful"])


def test_a_by_pass_that_question_4_allows_and_that_is_said_is_no_breach() -> None:
    careful = explained(OnInternalError.YES).data["clients"]["careful"]
    assert "away" in careful["runs the payload itself, and says so"]
    assert "denied" in careful["gives the payload back"]


def test_where_no_glexec_is_demanded_only_a_denial_that_is_overridden_is_marked() -> None:
    clients = explained(OnInternalError.YES, ALLOW, NO).data["clients"]
    assert "!" not in str(clients["panda-false"])
    own = clients["dirac"]["runs the payload itself, and tells nobody"]
    assert {"away", "denied!"} <= set(own)


def test_a_site_that_tells_no_causes_leaves_a_careful_client_the_canary() -> None:
    told, untold = (explained(OnInternalError.YES, tells=tells).data["clients"]["careful"] for tells in (True, False))
    assert "denied" in untold["gives the payload back"]
    assert "away" in untold["runs the payload itself, and says so"]
    assert "traceless" in untold["runs the payload itself, and says so"], "202 without a word is an internal error"
    assert "traceless" in told["gives the payload back"]


def test_contradictions_and_costs_are_told_apart() -> None:
    assert "contradictions: none\ncosts: none" in str(explained(OnInternalError.NO))
    text = str(explained(OnInternalError.YES))
    assert "contradictions\n  on_internal_error: glexec is demanded" in text
    reasoned = dataclasses.replace(
        explained(OnInternalError.NO),
        answers=Answers(MultiUser.YES, REQUIRE, NO, OnInternalError.NO, because={"setuid": "users share nodes"}),
    )
    assert "setuid = require (because: users share nodes)" in str(reasoned)
