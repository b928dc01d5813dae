"""What is thought of a node, by what its payloads came to: the rules, and what holds whatever happens."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.model.problem import Problem
from testbed.pilot.health import Caution, Failure, Health, Standing

CAUTION = Caution()
EXACT = dataclasses.replace(CAUTION, jitter=0.0)
NOW = 1_000_000.0


def after(*users: str, caution: Caution = EXACT, every: float = 1.0, health: Health | None = None) -> Health:
    """The health of a node after failures of these users, one a second."""
    health = health or Health()
    for number, user in enumerate(users):
        health = health.failed(Failure(NOW + number * every, user, "code 202"), caution, 1.0)
    return health


def test_one_failure_teaches_nothing() -> None:
    assert after("alice").standing(NOW, EXACT) is Standing.WELL
    assert after("alice").room(10, NOW, EXACT) == 10


def test_failures_of_one_user_alone_teach_nothing_however_many_they_are() -> None:
    assert after(*["alice"] * 20).standing(NOW + 20, EXACT) is Standing.WELL


def test_failures_of_two_users_make_a_node_suspected_and_halve_what_it_gets() -> None:
    health = after("alice", "bob")
    assert health.standing(NOW + 2, EXACT) is Standing.SUSPECTED
    assert [health.room(most, NOW + 2, EXACT) for most in (1, 2, 5, 10)] == [1, 1, 2, 5]


def test_a_third_failure_drains_it_and_then_it_is_probed_with_one_payload() -> None:
    health = after("alice", "bob", "alice")
    last = NOW + 2
    assert health.standing(last, EXACT) is Standing.DRAINED
    assert health.room(10, last + EXACT.first - 0.01, EXACT) == 0
    assert health.standing(last + EXACT.first, EXACT) is Standing.PROBED
    assert health.room(10, last + EXACT.first, EXACT) == 1


def test_each_probe_that_fails_doubles_the_pause_up_to_the_longest() -> None:
    health = after("alice", "bob", "alice")
    pauses = []
    for _ in range(10):
        then = health.until
        health = health.failed(Failure(then, "alice", "code 202"), EXACT, 1.0)
        pauses.append(health.until - then)
    assert pauses == [10, 20, 40, 80, 160, 320, 500, 500, 500, 500]


def test_what_was_in_hand_when_the_pause_began_prolongs_it_not() -> None:
    health = after("alice", "bob", "alice")
    assert health.failed(Failure(NOW + 3, "bob", "code 202"), EXACT, 1.0).until == health.until


def test_a_success_restores_all() -> None:
    assert after("alice", "bob", "alice").succeeded() == Health()


def test_failures_that_lie_too_far_apart_are_not_in_a_row() -> None:
    health = after("alice", "bob", "alice", "bob", every=EXACT.window + 1)
    assert health.standing(NOW + 3 * (EXACT.window + 1), EXACT) is Standing.WELL


def test_a_node_that_is_not_reached_is_drained_though_no_user_was_involved() -> None:
    assert after("", "", "").standing(NOW + 2, EXACT) is Standing.DRAINED
    assert after("", "").standing(NOW + 1, EXACT) is Standing.SUSPECTED


def test_a_clock_that_was_set_back_does_not_keep_a_node_drained() -> None:
    assert after("alice", "bob", "alice").standing(NOW - 86400, EXACT) is Standing.PROBED


def test_what_happened_is_said_in_words() -> None:
    assert after("bob", "alice").why() == "2 in a row of alice, bob; the last: code 202"
    assert Health().why() == ""


@pytest.mark.parametrize(
    "said",
    [
        {"failures": 1},
        {"failures": "3"},
        {"users": 4},
        {"first": 0},
        {"first": 20, "longest": 10},
        {"window": float("nan")},
        {"paus": 3},
    ],
)
def test_caution_that_makes_no_sense_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(Problem):
        Caution.parse(said)


# --- whatever happens ---

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["failed", "succeeded"]),
        st.sampled_from(["alice", "bob", "carol", ""]),
        st.floats(0, 1000),
        st.floats(0, 1),
    ),
    max_size=60,
)


def lived(events: list[tuple[str, str, float, float]]) -> tuple[Health, float]:
    """A node's health after these events, each so many seconds after the one before, and when that is."""
    health, now = Health(), NOW
    for what, user, later, chance in events:
        now += later
        failure = Failure(now, user, "code 202")
        health = health.succeeded() if what == "succeeded" else health.failed(failure, CAUTION, chance)
    return health, now


@given(EVENTS, st.integers(1, 20), st.floats(0, 2000))
def test_a_node_never_gets_more_than_its_pilots_and_after_the_longest_pause_never_nothing(
    events: list[tuple[str, str, float, float]], most: int, later: float
) -> None:
    health, now = lived(events)
    assert 0 <= health.room(most, now + later, CAUTION) <= most
    longest = CAUTION.longest * (1 + CAUTION.jitter)
    assert health.room(most, now + longest, CAUTION) >= 1


@given(EVENTS)
def test_whatever_was_before_a_success_restores_and_one_failure_after_it_changes_nothing(
    events: list[tuple[str, str, float, float]],
) -> None:
    health, now = lived(events)
    once = health.succeeded().failed(Failure(now, "alice", "code 202"), CAUTION, 0.5)
    assert once.room(7, now, CAUTION) == 7


@given(EVENTS, st.integers(1, 40))
def test_no_number_of_failures_of_one_user_after_a_success_drains_a_node(
    events: list[tuple[str, str, float, float]], many: int
) -> None:
    health, now = lived(events)
    health = health.succeeded()
    for _ in range(many):
        health = health.failed(Failure(now, "alice", "code 202"), CAUTION, 0.5)
    assert health.room(7, now, CAUTION) == 7


@given(EVENTS)
def test_a_black_hole_gets_no_more_than_the_failures_that_drain_it(events: list[tuple[str, str, float, float]]) -> None:
    health, now = lived(events)
    health = health.succeeded()
    taken = 0
    for user in ("alice", "bob", "carol") * 10:
        if health.room(1, now, CAUTION):
            taken += 1
            health = health.failed(Failure(now, user, "code 202"), CAUTION, 0.5)
    assert taken == CAUTION.failures


@given(st.integers(1, 100), st.floats(0, 1))
def test_pauses_grow_and_stay_within_their_bounds(times: int, chance: float) -> None:
    pause = CAUTION.pause(times, chance)
    assert CAUTION.first <= pause <= CAUTION.longest * (1 + CAUTION.jitter)
    assert CAUTION.pause(times + 1, 0.0) >= CAUTION.pause(times, 0.0)


@given(EVENTS)
def test_what_is_kept_on_disk_is_the_same_when_it_is_read(events: list[tuple[str, str, float, float]]) -> None:
    health, _ = lived(events)
    assert Health.parse(health.json()) == health
    assert Caution.parse(CAUTION.json()) == CAUTION
