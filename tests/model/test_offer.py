"""Questions 2 and 3 together, and what a VO's demand comes to: every row of the table, every pair that does not fit."""

import itertools

import pytest

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.condition import Condition
from testbed.model.demand import Demand, fit
from testbed.model.doubt import doubts
from testbed.model.mode import Installation, Mode
from testbed.model.offer import OFFERS, offer

NO, ALLOW, REQUIRE = Stance
U, L, N = Mode.SETUID, Mode.LOG_ONLY, Mode.NONE


def site(
    setuid: Stance,
    log_only: Stance,
    on_internal_error: OnInternalError = OnInternalError.NO,
    pilots: MultiUser = MultiUser.YES,
) -> Answers:
    return Answers(pilots, setuid, log_only, on_internal_error)


TABLE = {
    # setuid, log-only: what a pilot gets that asks for nothing, and all that is offered
    (REQUIRE, NO): (U, [U]),
    (REQUIRE, ALLOW): (U, [U]),
    (REQUIRE, REQUIRE): (U, [U]),
    (ALLOW, REQUIRE): (L, [L, U]),
    (ALLOW, ALLOW): (U, [U, L, N]),
    (ALLOW, NO): (U, [U, N]),
    (NO, ALLOW): (L, [L]),
    (NO, REQUIRE): (L, [L]),
    (NO, NO): (N, [N]),
}
"""As our facts on the questionnaire have it, table "Q2 x Q3 -> mode offered" (inferred: the wiki itself is closed)."""


@pytest.mark.parametrize("pair", TABLE, ids="-".join)
def test_two_answers_offer_modes(pair: tuple[Stance, Stance]) -> None:
    usual, modes = TABLE[pair]
    found = offer(site(*pair))
    assert (found.usual, list(found.modes)) == (usual, modes)
    assert found.note


def test_every_pair_has_its_row() -> None:
    assert set(OFFERS) == set(itertools.product(Stance, Stance)) == set(TABLE)


def test_a_switch_that_is_installed_one_way_leaves_part_of_the_offer() -> None:
    free = offer(site(ALLOW, ALLOW))
    assert [list(free.at(way).modes) for way in Installation] == [[L, N], [U, N]]  # type: ignore[union-attr]
    assert offer(site(REQUIRE, NO)).at(Installation.LOG_ONLY) is None


FITS = {
    # demand: by pair of answers, the mode or None where they do not fit
    Demand.NEVER: [None, None, None, None, N, N, None, None, N],
    Demand.OPTIONAL: [U, U, U, L, U, U, L, L, N],
    Demand.REQUIRED: [U, U, U, U, U, U, L, L, None],
    Demand.SEPARATED: [U, U, U, U, U, U, None, None, None],
}


@pytest.mark.parametrize("demand", Demand)
def test_a_demand_comes_to_a_mode_or_does_not_fit(demand: Demand) -> None:
    found = [fit(demand, site(*pair)) for pair in TABLE]
    assert [each.mode for each in found] == FITS[demand]
    assert all(each.why for each in found)


def test_where_the_two_do_not_fit_both_sides_are_named() -> None:
    never = fit(Demand.NEVER, site(REQUIRE, NO)).why
    assert never == 'the VO never calls glexec, and the site demands it (setuid = "require", log_only = "no")'
    apart = fit(Demand.SEPARATED, site(NO, REQUIRE)).why
    assert apart == (
        'the VO wants accounts of its own, and the site offers log-only only (setuid = "no", log_only = "require")'
    )
    assert "question 1" in fit(Demand.OPTIONAL, site(ALLOW, ALLOW, pilots=MultiUser.NO)).why
    assert "installed log-only, cannot do" in fit(Demand.OPTIONAL, site(REQUIRE, NO), Installation.LOG_ONLY).why


def test_a_demand_counts_for_what_is_installed() -> None:
    assert fit(Demand.REQUIRED, site(ALLOW, ALLOW), Installation.LOG_ONLY).mode is L
    assert fit(Demand.SEPARATED, site(ALLOW, ALLOW), Installation.LOG_ONLY).mode is None
    assert fit(Demand.OPTIONAL, site(ALLOW, REQUIRE), Installation.SETUID).mode is U


YES, DEPENDS = OnInternalError.YES, OnInternalError.DEPENDS
DOUBTS = {
    "nobody to call it": (site(REQUIRE, NO, pilots=MultiUser.NO), "nobody has a reason to call glexec"),
    "nobody to ask": (site(NO, NO, YES, MultiUser.NO), "nobody will ever ask"),
    "must, but need not": (site(REQUIRE, NO, YES), "separation is given up"),
    "a record, but not then": (site(NO, REQUIRE, YES), "the record is given up, unless the pilot writes it itself"),
    "both demanded": (site(REQUIRE, REQUIRE), "read as a demand for its record"),
}
COSTS = {
    "depends on nothing": (site(ALLOW, NO, DEPENDS), "on nothing that is stated, which is no"),
    "nobody knows whose": (site(NO, NO), "the whole VO has to be banned"),
    "not kept apart": (site(NO, REQUIRE), "recorded and not kept apart"),
    "the pilot's wish": (site(ALLOW, REQUIRE), "the pilot's wish decides"),
}


@pytest.mark.parametrize("case", [*DOUBTS, *COSTS])
def test_what_answers_contradict_or_cost_is_said(case: str) -> None:
    answers, words = (DOUBTS | COSTS)[case]
    (hit,) = [doubt for doubt in doubts(answers) if words in doubt.says]
    assert hit.cost is (case in COSTS)
    assert hit.remedy


def test_answers_that_agree_raise_no_doubt() -> None:
    assert doubts(site(REQUIRE, NO)) == []
    assert doubts(site(ALLOW, ALLOW)) == []


def test_a_condition_that_gives_away_more_than_it_seems_is_named() -> None:
    def given(condition: Condition) -> list[str]:
        answers = Answers(MultiUser.YES, REQUIRE, NO, DEPENDS, on_internal_error_if=(condition,))
        return [doubt.says for doubt in doubts(answers)]

    assert given(Condition(roles=("production",), runs_at_most=3)) == []
    assert any("has no end" in says for says in given(Condition(roles=("production",))))
    assert any("names service-untrusted" in says for says in given(Condition(causes=("service-untrusted",))))
