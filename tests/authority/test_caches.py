"""When a change is seen: two copies of the policy, each with its own clock, and responses that are remembered.

The lifetimes are Argus' own (docs/authority.md has the sources); the clock is a number.
"""

import pytest

from testbed.authority.answer import Answer, Decision
from testbed.authority.caches import Lifetimes, Responses, Timer
from testbed.authority.language import parse
from testbed.authority.paps import CENTRAL, LOCAL, Paps
from testbed.authority.party import Party
from testbed.authority.policy import Policy
from testbed.model.problem import Problem

PERMIT = parse("resource .* { action .* { rule permit { vo=alpha } } }")
DENY = parse("resource .* { action .* { rule deny { vo=alpha } } }")
EVERY = Lifetimes(pap_poll=10, pdp_retention=15)


def paps(lifetimes: Lifetimes = EVERY) -> Paps:
    return Paps({LOCAL: PERMIT}, lifetimes, 0.0)


def says(paps: Paps, now: float) -> Decision:
    return paps.seen(now).ruling(Party("/CN=Jane", fqans=("/alpha",)), "wn", "execute").decision


def change(paps: Paps, name: str, policy: Policy, now: float) -> None:
    paps.change(name, lambda _: policy, now)


def test_a_local_change_is_seen_when_the_retention_is_over() -> None:
    chain = paps()
    change(chain, LOCAL, DENY, 1)
    assert [says(chain, now) for now in (1, 14.9, 15)] == [Decision.PERMIT, Decision.PERMIT, Decision.DENY]


@pytest.mark.parametrize(
    ("banned", "seen"),
    [(1, 15), (9, 15), (11, 30), (19, 30), (21, 30), (29, 30), (30.5, 45), (41, 60)],
)
def test_a_central_change_is_polled_first_and_seen_then(banned: float, seen: float) -> None:
    chain = paps()
    change(chain, CENTRAL, DENY, banned)
    assert says(chain, seen - 0.1) is Decision.PERMIT
    assert says(chain, seen) is Decision.DENY


@pytest.mark.parametrize("banned", [1, 9, 11, 19, 21, 29, 30.5, 41])
def test_it_makes_no_difference_whether_anybody_asks_in_between(banned: float) -> None:
    rare, often = paps(), paps()
    for chain in (rare, often):
        change(chain, CENTRAL, DENY, banned)
    steps = [banned + step / 4 for step in range(200)]
    answers = [says(often, now) for now in steps]
    first = steps[answers.index(Decision.DENY)]
    assert says(rare, first) is Decision.DENY
    assert answers == sorted(answers, key=lambda decision: decision is Decision.DENY)


def test_a_change_that_is_taken_back_before_it_was_seen_was_never_there() -> None:
    chain = paps()
    change(chain, LOCAL, DENY, 1)
    change(chain, LOCAL, PERMIT, 14)
    assert {says(chain, now) for now in (14, 15, 31)} == {Decision.PERMIT}


def test_a_change_taken_back_after_it_was_due_was_seen() -> None:
    chain = paps()
    change(chain, LOCAL, DENY, 1)
    change(chain, LOCAL, PERMIT, 16)
    assert says(chain, 17) is Decision.DENY


def test_reloading_shows_a_local_change_at_once() -> None:
    chain = paps()
    change(chain, LOCAL, DENY, 1)
    chain.reload(2)
    assert says(chain, 2) is Decision.DENY


def test_a_central_change_needs_a_refresh_and_then_a_reload() -> None:
    reloaded, refreshed, both = paps(), paps(), paps()
    for chain in (reloaded, refreshed, both):
        change(chain, CENTRAL, DENY, 1)
    reloaded.reload(2)
    refreshed.refresh(2)
    both.refresh(2)
    both.reload(2)
    assert [says(chain, 2) for chain in (reloaded, refreshed, both)] == [
        Decision.PERMIT,
        Decision.PERMIT,
        Decision.DENY,
    ]


def test_a_reload_does_not_move_the_clocks() -> None:
    chain = paps()
    chain.reload(14)
    change(chain, LOCAL, DENY, 14.5)
    assert says(chain, 15) is Decision.DENY


def test_other_lifetimes_count_from_when_they_are_set() -> None:
    chain = paps(Lifetimes())
    chain.set_lifetimes(Lifetimes(pap_poll=1, pdp_retention=2), 100)
    change(chain, CENTRAL, DENY, 100.5)
    assert [says(chain, now) for now in (101.9, 102)] == [Decision.PERMIT, Decision.DENY]


def test_without_lifetimes_everything_is_seen_at_once() -> None:
    chain = paps(Lifetimes(pap_poll=0, pdp_retention=0))
    change(chain, CENTRAL, DENY, 1)
    assert says(chain, 1) is Decision.DENY
    change(chain, CENTRAL, Policy(), 1)
    assert says(chain, 1) is Decision.PERMIT


def test_the_repositories_themselves_show_a_change_at_once() -> None:
    chain = paps()
    change(chain, CENTRAL, DENY, 1)
    assert chain.direct.ruling(Party("/CN=Jane", fqans=("/alpha",)), "wn", "x").decision is Decision.DENY


def test_reset_forgets_changes_and_copies() -> None:
    chain = paps()
    change(chain, LOCAL, DENY, 1)
    chain.reload(1)
    chain.reset(EVERY, 2)
    assert says(chain, 2) is Decision.PERMIT
    assert chain.policies[LOCAL] == PERMIT


def test_a_pap_that_is_not_there_is_a_problem() -> None:
    with pytest.raises(Problem, match="no such PAP") as problem:
        change(paps(), "centrl", DENY, 0)
    assert problem.value.remedy == "say central"


@pytest.mark.parametrize(("now", "last"), [(10, 10), (19.9, 10), (20, 20), (1005, 1000)])
def test_a_timer_keeps_its_rate_whoever_looks(now: float, last: float) -> None:
    assert Timer(10, 0).last(now) == last


YES, NO = Answer(Decision.PERMIT), Answer(Decision.DENY)


def test_a_response_is_remembered_until_its_time_is_over_however_often_it_is_used() -> None:
    kept = Responses(lifetime=600)
    kept.put("question", YES, 0, 0)
    found = [kept.get("question", now) for now in (0, 300, 599)]
    assert found == [Answer(Decision.PERMIT, cached=True)] * 3
    assert kept.get("question", 600) is None
    assert kept.get("another", 0) is None


@pytest.mark.parametrize(
    ("decision", "kept"),
    [
        (Decision.PERMIT, 1),
        (Decision.DENY, 1),
        (Decision.INDETERMINATE, 0),
        (Decision.NOT_APPLICABLE, 0),
    ],
)
def test_only_permit_and_deny_are_remembered(decision: Decision, kept: int) -> None:
    responses = Responses()
    responses.put("question", Answer(decision), 0, 0)
    assert len(responses) == kept


def test_the_response_that_was_not_used_longest_is_forgotten_first() -> None:
    kept = Responses(entries=2)
    kept.put("one", YES, 0, 0)
    kept.put("two", NO, 0, 0)
    kept.get("one", 1)
    kept.put("three", YES, 1, 0)
    assert [kept.get(name, 1) is not None for name in ("one", "two", "three")] == [True, False, True]


def test_what_was_decided_before_everything_was_forgotten_is_not_remembered_after() -> None:
    kept = Responses()
    before = kept.generation
    kept.clear()
    kept.put("question", YES, 0, before)
    assert len(kept) == 0


def test_without_a_lifetime_nothing_is_remembered() -> None:
    kept = Responses(lifetime=0)
    kept.put("question", YES, 0, 0)
    assert kept.get("question", 0) is None
