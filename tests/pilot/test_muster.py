"""A fleet over several sites: its pilots go by what all of them allow."""

import itertools
from dataclasses import replace

import pytest

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.condition import Condition
from testbed.model.mode import Mode
from testbed.pilot.muster import order_for
from testbed.pilot.order import Order
from testbed.site.load import example
from testbed.site.site import Site

USUAL = Answers(MultiUser.YES, Stance.REQUIRE, Stance.NO, OnInternalError.YES, because={"setuid": "our users"})
OTHERS = {
    "it allows no multi-user pilots": (
        replace(USUAL, multi_user_pilots=MultiUser.NO),
        (MultiUser.NO, OnInternalError.YES, True),
    ),
    "its pilots may run nothing themselves": (
        replace(USUAL, on_internal_error=OnInternalError.NO),
        (MultiUser.YES, OnInternalError.NO, True),
    ),
    "its pilots may do so in one case": (
        replace(USUAL, on_internal_error=OnInternalError.DEPENDS, on_internal_error_if=(Condition(vos=("alpha",)),)),
        (MultiUser.YES, OnInternalError.NO, True),
    ),
    "it does not require glexec": (
        replace(USUAL, setuid=Stance.ALLOW),
        (MultiUser.YES, OnInternalError.YES, True),
    ),
}
"""Another site, and what the order has to say then: questions 1 and 4, whether a trace is needed."""


def _site(answers: Answers) -> Site:
    return replace(example("setuid-gridmap"), answers=answers)


def test_sites_that_answer_alike_for_reasons_of_their_own_are_gone_by() -> None:
    order = order_for([_site(USUAL), _site(replace(USUAL, because={}))], Mode.SETUID, 60)
    assert order == Order.at(USUAL, Mode.SETUID, limit=60)


@pytest.mark.parametrize("difference", OTHERS)
def test_of_two_sites_the_stricter_one_counts(difference: str) -> None:
    other, told = OTHERS[difference]
    for answers in itertools.permutations((USUAL, other)):
        order = order_for([_site(each) for each in answers], Mode.SETUID, 60)
        assert (order.multi_user_pilots, order.on_internal_error, order.needs_trace) == told


def test_where_one_sites_containers_have_no_network_those_of_the_fleet_have_none() -> None:
    usual = example("logonly-gridmap")
    strict = replace(usual, own_network=True)
    assert order_for([usual, usual], Mode.CONTAINER, 60).container == {}
    for sites in itertools.permutations((usual, strict)):
        assert order_for(sites, Mode.CONTAINER, 60).container == {"network": "own"}
