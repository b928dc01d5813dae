"""Late binding: which pilot gets which payload, and what becomes of one whose pilot is not heard of any more."""

import dataclasses
from pathlib import Path

import pytest

from testbed.model.answers import OnInternalError
from testbed.model.condition import Condition, stored
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.history import QUEUE
from testbed.pilot.leases import LEASE, MARGIN
from testbed.pilot.needs import Needs, Offer, Whose
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, Report, State
from testbed.pilot.queue import LATE, Queue
from testbed.pilot.store import Store
from testbed.pilot.turn import WAITS

ID = Payload("alice", ("/usr/bin/id",), limit=5)
OFFER = Offer(Mode.SETUID, memory=2000, seconds=600, vos=("alpha",), start_limit=10)
FITS = dataclasses.replace(ID, vo="alpha")


def states(queue: Queue, ident: str) -> list[tuple[State, str]]:
    """What happened to a payload, and who did it."""
    return [(change.state, change.who) for change in queue.history(ident)]


@pytest.mark.parametrize(
    ("payload", "fits"),
    [
        (FITS, True),
        (dataclasses.replace(FITS, needs=Needs(memory=2000)), True),
        (dataclasses.replace(FITS, needs=Needs(memory=2001)), False),
        (dataclasses.replace(FITS, needs=Needs(mode="setuid")), True),
        (dataclasses.replace(FITS, needs=Needs(mode="vm")), False),
        (dataclasses.replace(FITS, limit=590), True),
        (dataclasses.replace(FITS, limit=591), False),
        (dataclasses.replace(FITS, vo="beta"), False),
        (dataclasses.replace(FITS, slot="another"), False),
    ],
)
def test_a_pilot_gets_what_fits_its_offer(payload: Payload, fits: bool) -> None:
    queue = Queue()
    queue.submit(payload)
    assert (queue.take("pilot-1", OFFER) is not None) is fits


@pytest.mark.parametrize(
    "only",
    [
        "alice",
        [{}],
        [{"owners": []}],
        [{"owners": "alice"}],
        [{"names": ["alice"]}],
        ["alice"],
        [{"vos": [7]}],
        [{}] * 101,
    ],
)
def test_an_offer_that_does_not_say_whose_payloads_it_means_is_refused(only: object) -> None:
    with pytest.raises(Problem):
        Offer.parse({"mode": "setuid", "only": only}, None)


@pytest.mark.parametrize(
    ("only", "fits"),
    [
        (None, True),
        ((), False),
        ((Whose(owners=("/CN=alice",)),), True),
        ((Whose(owners=("/CN=bob",)), Whose(roles=("production",))), True),
        ((Whose(roles=("production",), vos=("beta",)),), False),
    ],
)
def test_a_pilot_gets_payloads_of_those_whom_it_names(only: tuple[Whose, ...] | None, fits: bool) -> None:
    queue = Queue()
    queue.submit(FITS)
    names = ("/CN=alice", ("/alpha/Role=production/Capability=NULL",))
    taken = queue.take("pilot-1", dataclasses.replace(OFFER, only=only), names=lambda owner: names)
    assert (taken is not None) is fits


@pytest.mark.parametrize(
    "condition",
    [
        {"causes": "untold"},
        {"causes": ["weather"]},
        {"causes": ["denied"]},
        {"own_payload": 1},
        {"runs_at_most": True},
        {"pilots_at_most": -1},
        {"windows": [{"start": "noon", "end": "two"}]},
        {"windows": 5},
        {"moon": "full"},
        {},
    ],
)
def test_an_order_with_a_condition_that_nobody_understands_is_refused(condition: dict[str, object]) -> None:
    good = Order(Mode.SETUID, OnInternalError.DEPENDS, (Condition(causes=("untold",)),)).json()
    assert Order.parse(good).on_internal_error_if == (Condition(causes=("untold",)),)
    whole = {**stored(Condition()), **condition}
    with pytest.raises(Problem, match="conditions that no pilot understands"):
        Order.parse({**good, "on_internal_error_if": [whole]})


@pytest.mark.parametrize("word", ["adopts", "needs_trace"])
def test_an_order_that_neither_says_yes_nor_no_is_refused(word: str) -> None:
    good = Order(Mode.NONE, adopts=False).json()
    assert Order.parse(good).adopts is False
    with pytest.raises(Problem, match="no pilot understands"):
        Order.parse({**good, word: "no"})


def test_a_virtual_machine_gets_payloads_with_a_sandbox_too() -> None:
    queue = Queue()
    ident = queue.submit(dataclasses.replace(FITS, sandbox=b"tar"))
    given = queue.take("pilot-1", dataclasses.replace(OFFER, mode=Mode.VM))
    assert given is not None
    assert given[0] == ident


def test_the_highest_priority_goes_first_and_then_the_oldest() -> None:
    queue = Queue()
    came = [queue.submit(dataclasses.replace(FITS, priority=priority)) for priority in (0, 5, -5, 5)]
    taken = [given[0] for number in range(4) if (given := queue.take(f"pilot-{number}", OFFER))]
    assert taken == [came[1], came[3], came[0], came[2]]


def test_a_payload_whose_owners_proxy_ends_too_early_waits_and_says_so_once() -> None:
    queue = Queue()
    ident = queue.submit(FITS)
    for _ in range(3):
        assert queue.take("pilot-1", OFFER, lasts=lambda owner: 14.9) is None
    assert queue.history(ident)[-1].why == f"{WAITS}the proxy of alice ends too early, or is trusted no more"
    assert len(queue.history(ident)) == 2
    assert queue.take("pilot-1", OFFER, lasts=lambda owner: 15.0) is not None


def test_a_request_that_comes_twice_gets_the_same_payload() -> None:
    queue = Queue()
    first, second = queue.submit(FITS), queue.submit(FITS)
    given = [queue.take("pilot-1", OFFER, request=request) for request in ("1", "1", "2")]
    assert [one and one[0] for one in given] == [first, first, second]


def test_a_submission_that_is_said_twice_is_one_payload() -> None:
    queue = Queue()
    assert queue.submit(FITS, asked="x") == queue.submit(FITS, asked="x") != queue.submit(FITS)
    with pytest.raises(Problem, match="another payload"):
        queue.submit(ID, asked="x")


@pytest.mark.parametrize(
    ("told_start", "ran"), [(False, "; nobody said that it started, yet it may have run"), (True, "; it may have run")]
)
def test_what_a_dead_pilot_had_comes_back_and_the_record_says_that_it_may_have_run(told_start: bool, ran: str) -> None:
    clock = [0.0]
    queue = Queue(clock=lambda: clock[0])
    ident = queue.submit(dataclasses.replace(FITS, attempts=2, limit=300))
    queue.take("pilot-1", OFFER)
    if told_start:
        queue.report(Report(ident, State.STARTED, "pilot-1"))
    clock[0] = LEASE + (0 if told_start else OFFER.start_limit) - 0.1
    assert queue.look(ident).state is (State.STARTED if told_start else State.TAKEN)
    clock[0] += 0.2
    assert queue.look(ident).state is State.QUEUED
    assert queue.history(ident)[-1].why.endswith(ran)
    again = queue.take("pilot-2", OFFER)
    assert again is not None
    assert again[0] == ident
    held = [change.who for change in queue.history(ident) if change.state is State.TAKEN]
    assert held == ["pilot-1", "pilot-2"]


def test_a_pilot_that_is_heard_of_keeps_its_payload() -> None:
    clock = [0.0]
    queue = Queue(clock=lambda: clock[0])
    ident = queue.submit(dataclasses.replace(FITS, attempts=2, limit=300))
    queue.take("pilot-1", OFFER)
    for _ in range(5):
        queue.report(Report(ident, State.STARTED, "pilot-1"))
        clock[0] += LEASE - 1
    assert queue.look(ident).state is State.STARTED
    clock[0] = OFFER.start_limit + 300 + MARGIN + 1
    assert queue.look(ident).state is State.QUEUED


def test_a_queue_that_is_begun_anew_gives_what_is_out_one_lease(tmp_path: Path) -> None:
    clock = [0.0]
    store = Store(tmp_path / "queue")
    queue = Queue(store, clock=lambda: clock[0])
    started, taken = (queue.submit(dataclasses.replace(FITS, attempts=2, limit=300)) for _ in range(2))
    queue.take("pilot-1", OFFER)
    queue.take("pilot-2", OFFER)
    queue.report(Report(started, State.STARTED, "pilot-1"))
    store.close()
    queue = Queue(Store(tmp_path / "queue"), clock=lambda: clock[0])
    clock[0] = LEASE - 0.1
    assert [queue.look(ident).state for ident in (started, taken)] == [State.STARTED, State.TAKEN]
    clock[0] = LEASE + 0.1
    assert [queue.look(ident).state for ident in (started, taken)] == [State.QUEUED, State.TAKEN]
    clock[0] = LEASE + OFFER.start_limit + 0.1
    assert queue.look(taken).state is State.QUEUED
    assert queue.history(started)[-2].why == "the VO was begun anew"


def test_a_pilot_that_had_it_gets_it_not_again_and_its_late_word_is_kept_once() -> None:
    queue = Queue()
    ident = queue.submit(dataclasses.replace(FITS, attempts=3))
    queue.take("pilot-1", OFFER)
    queue.pilot_ended("pilot-1")
    assert queue.take("pilot-1", OFFER) is None
    queue.take("pilot-2", OFFER)
    for _ in range(2):
        with pytest.raises(Problem, match="cannot be"):
            queue.report(Report(ident, State.ENDED, "pilot-1", 0, why="it ran after all"))
    late = [change for change in queue.history(ident) if change.why.startswith(LATE)]
    assert [(change.who, change.why) for change in late] == [("pilot-1", f"{LATE}ended; it ran after all")]
    assert queue.look(ident).state is State.TAKEN


def test_whoever_never_had_it_leaves_no_word_in_its_history() -> None:
    queue = Queue()
    ident = queue.submit(FITS)
    for pilot in ("", "pilot-9"):
        with pytest.raises(Problem, match="cannot be"):
            queue.report(Report(ident, State.TAKEN, pilot))
    assert states(queue, ident) == [(State.QUEUED, QUEUE)]


def test_it_is_handed_out_as_often_as_allowed_and_then_this_is_its_end() -> None:
    queue = Queue()
    ident = queue.submit(dataclasses.replace(FITS, attempts=2))
    for pilot in ("pilot-1", "pilot-2"):
        queue.take(pilot, OFFER)
        queue.pilot_ended(pilot)
    assert queue.look(ident).state is State.LOST
    assert queue.take("pilot-3", OFFER) is None


@pytest.mark.parametrize(
    ("err", "state"),
    [
        (b"", State.QUEUED),
        (b"[gLExec]: cause class=unavailable reason=service-silent code=203\n", State.QUEUED),
        (b"[gLExec]: cause class=denied reason=denied code=203\n", State.RETURNED),
    ],
)
def test_what_is_returned_is_tried_elsewhere_but_not_for_a_denied_user(err: bytes, state: State) -> None:
    queue = Queue()
    ident = queue.submit(dataclasses.replace(FITS, attempts=2))
    queue.take("pilot-1", OFFER)
    queue.report(Report(ident, State.RETURNED, "pilot-1", 203, err=err))
    assert queue.look(ident).state is state


def test_a_waiting_payload_is_cancelled_and_a_running_one_is_ended_by_its_pilot() -> None:
    queue = Queue()
    waiting, running = queue.submit(FITS), queue.submit(dataclasses.replace(FITS, priority=1, attempts=3))
    queue.take("pilot-1", OFFER)
    for ident in (waiting, running):
        queue.stop(ident, by="alice")
    assert queue.look(waiting).state is State.CANCELLED
    assert queue.take("pilot-2", OFFER) is None
    assert queue.report(Report(running, State.STARTED, "pilot-1")) is True
    queue.pilot_ended("pilot-1")
    assert queue.look(running).state is State.LOST  # cancelled: not handed out once more
    assert (State.TAKEN, "alice") in states(queue, running)


def test_the_history_says_who_changed_what_when_and_why() -> None:
    queue = Queue()
    ident = queue.submit(FITS, by="/CN=alice")
    queue.take("pilot-1", OFFER)
    queue.report(Report(ident, State.STARTED, "pilot-1"))
    queue.report(Report(ident, State.STARTED, "pilot-1", out=b"more\n"))
    queue.report(Report(ident, State.ENDED, "pilot-1", 0, why="the payload ran"))
    history = queue.history(ident)
    assert [(change.state, change.who, change.why) for change in history] == [
        (State.QUEUED, "/CN=alice", "submitted"),
        (State.TAKEN, "pilot-1", "it offered setuid"),
        (State.STARTED, "pilot-1", ""),
        (State.ENDED, "pilot-1", "the payload ran"),
    ]
    assert [change.time for change in history] == sorted(change.time for change in history)


def test_the_list_is_of_ones_own_and_without_what_is_over_where_asked() -> None:
    queue = Queue()
    queue.submit(FITS)
    bobs = queue.submit(dataclasses.replace(FITS, user="bob"))
    queue.stop(bobs)
    assert [line.owner for line in queue.list()] == ["alice", "bob"]
    assert [line.state for line in queue.list(["bob"])] == [State.CANCELLED]
    assert [line.owner for line in queue.list(waiting=True)] == ["alice"]
    assert list(queue.list([])) == []
