"""The pilot, which can import nothing of ours, reads answers, causes and proxies as the model does."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.credentials.ca import Authority
from testbed.credentials.proxy import make_proxy
from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.condition import CAUSES, Condition, Situation, Window
from testbed.model.effect import Cause
from testbed.model.failure import Canary, Failure, canary_of, classify
from testbed.model.mode import Mode
from testbed.model.policy import may_run_itself, may_send
from testbed.model.reasons import CLASS_OF, REASONS
from testbed.model.seen import Seen, told
from testbed.node.agent import answers as site_answers
from testbed.node.agent import condition
from testbed.node.agent import failure as calls
from testbed.node.agent.failure import FAILED, FAILURES, PASSED, REFUSED
from testbed.node.agent.owner import owner_of
from testbed.pilot.needs import Offer
from testbed.pilot.order import Order
from testbed.pilot.proxies import Kept
from tests.pilot.conftest import Grid

DNS = ("/DC=org/CN=Alice", "/DC=org/CN=Bob", "/DC=org/CN=Robot")
ROLES, VOS = ("production", "pilot"), ("alpha", "beta")
NOON = datetime(2021, 3, 4, 12, tzinfo=UTC)


def some(*words: str) -> st.SearchStrategy[tuple[str, ...]]:
    """A few of these words; mostly none, so that other things count."""
    return st.one_of(st.just(()), st.lists(st.sampled_from(words), max_size=2, unique=True).map(tuple))


def perhaps(most: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(0, most)


moments = st.integers(-3, 3).map(lambda hours: NOON + timedelta(hours=hours))
windows = st.builds(Window, moments, moments)
conditions = st.builds(
    Condition,
    some(*CAUSES),
    some(*DNS),
    st.booleans(),
    some(*ROLES),
    some(*VOS),
    perhaps(20),
    perhaps(3),
    perhaps(3),
    st.lists(windows, max_size=1).map(tuple),
)
several = st.lists(conditions, max_size=3).map(tuple)
causes = st.none() | st.sampled_from([Cause(kind, reason) for reason, kind in CLASS_OF.items()])
fqans = st.sampled_from(
    [(), ("/alpha",), ("/alpha/Role=production/Capability=NULL", "/alpha"), ("/beta/Role=NULL", "/beta/Role=pilot")]
)
situations = st.builds(
    Situation,
    causes,
    st.sampled_from(("", *DNS)),
    st.sampled_from(("", *DNS)),
    fqans,
    st.sampled_from(("", *VOS)),
    st.none() | st.sampled_from((0.5, 10.0, 20.0)),
    perhaps(4),
    perhaps(4),
    st.none() | moments,
)
answers = st.builds(
    Answers, st.sampled_from(MultiUser), st.sampled_from(Stance), st.sampled_from(Stance),
    st.sampled_from(OnInternalError), several, several,
)  # fmt: skip


def sent(site: Answers) -> site_answers.Answers:
    """The answers as they reach a pilot: by way of its orders."""
    return site_answers.Answers.parse(json.loads(json.dumps(Order.at(site, Mode.SETUID).json())))


def seen_by_agent(at: Situation) -> condition.Situation:
    cause = calls.Cause(at.cause.kind, at.cause.reason) if at.cause else None
    return condition.Situation(
        cause, at.owner, at.pilot_owner, at.fqans, at.vo, at.well, at.pilots, at.runs, at.now
    )  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(answers, situations, st.sampled_from(Failure))
def test_the_pilot_rules_as_the_model_does(site: Answers, at: Situation, failure: Failure) -> None:
    mine, here = sent(site), seen_by_agent(at)
    theirs = may_run_itself(site, failure, at)
    assert mine.may_run_itself(str(failure), here) == (theirs.allowed, theirs.why)
    theirs = may_send(site, at)
    assert mine.may_fetch(here) == (theirs.allowed, theirs.why)


def test_the_pilot_rules_alike_on_every_cause_there_is() -> None:
    for (reason, kind), failure, answer in itertools.product(CLASS_OF.items(), Failure, OnInternalError):
        named = (Condition(causes=(kind,)), Condition(causes=(reason,)))
        site = Answers(MultiUser.YES, Stance.ALLOW, Stance.NO, answer, on_internal_error_if=named)
        for conditions in (named[:1], named):
            site = replace(site, on_internal_error_if=conditions)
            at = Situation(cause=Cause(kind, reason))
            theirs = may_run_itself(site, failure, at)
            mine = sent(site).may_run_itself(str(failure), seen_by_agent(at))
            assert mine == (theirs.allowed, theirs.why)


@settings(max_examples=200, deadline=None)
@given(answers, situations)
def test_what_a_pilot_asks_for_is_what_it_may_run(site: Answers, at: Situation) -> None:
    """The queue, heeding the offer, hands out no payload that the pilot then refuses; and keeps none from it."""
    only = sent(site).only(seen_by_agent(at))
    offer = Offer.parse({"mode": "setuid"} | ({} if only is None else {"only": only}), None)
    own = bool(at.owner) and at.owner == at.pilot_owner
    assert offer.takes(at.owner, at.fqans, at.vo) is (own or may_send(site, at).allowed)


CODES = st.none() | st.sampled_from((137, 201, 202, 203, 204)) | st.integers(0, 255)
LINES = st.one_of(
    st.text("[gLExec]: cause class=denied reason=banned code=203\n", max_size=60),
    st.builds(
        "{}[gLExec]: cause class={} reason={} code={}{}".format,
        st.sampled_from(("", "[gLExec]: LCMAPS failed.\n", "x")),
        st.sampled_from((*REASONS, "other")),
        st.sampled_from((*CLASS_OF, "other")),
        st.sampled_from((137, 201, 202, 203, 204)),
        st.sampled_from(("", "\n", "\nmore\n")),
    ),
)


@settings(max_examples=400, deadline=None)
@given(CODES, LINES, st.booleans(), st.none() | st.sampled_from(Canary))
def test_the_pilot_classifies_as_the_model_does(
    code: int | None, err: str, started: bool, canary: Canary | None
) -> None:
    seen = Seen(code, err=err, started=started)
    assert calls.classify(started, code, err, str(canary or "")) == classify(seen, canary)
    assert calls.canary_of(code, err) == canary_of(Seen(code, err=err))
    mine, theirs = calls.told(err, code), told(err, code)
    assert (mine and (mine.kind, mine.reason)) == (theirs and (theirs.kind, theirs.reason))


def test_the_pilot_has_the_words_of_the_model() -> None:
    assert {kind: tuple(words.split()) for kind, words in calls.REASONS.items()} == dict(REASONS)
    assert list(Failure) == list(FAILURES)
    assert {PASSED, FAILED, REFUSED} == set(Canary)


@pytest.mark.parametrize("name", ["Jane Doe", "Zoë Müller", "a/b=c", "x" * 64])
def test_the_pilot_reads_the_owner_of_a_proxy_as_the_vo_does(name: str) -> None:
    person = Authority.new().person(name)
    pem = make_proxy(person).pem.decode()
    assert owner_of(pem) == Kept.parse(pem).dn


EMPTY = "-----BEGIN CERTIFICATE-----MAA=-----END CERTIFICATE-----"
"""A sequence of nothing, in DER."""


@pytest.mark.parametrize(
    "break_it", [lambda pem: "", lambda pem: pem.replace("MII", "AAA"), lambda pem: "rubbish", lambda pem: EMPTY]
)
def test_a_proxy_that_cannot_be_read_is_nobodys(grid: Grid, break_it: Callable[[str], str]) -> None:
    assert owner_of(break_it(grid.proxy("alice").decode())) == ""
