"""The VO's task queue."""

import dataclasses

import pytest

from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.leases import MARGIN
from testbed.pilot.needs import Offer
from testbed.pilot.payload import Payload, Report, State
from testbed.pilot.queue import Queue

ID = Payload("alice", ("/usr/bin/id",), limit=5)
OFFER = Offer(Mode.NONE, start_limit=10)


def taken(queue: Queue, pilot: str = "pilot-1") -> Report:
    """A payload that a pilot has taken."""
    queue.submit(ID)
    given = queue.take(pilot, OFFER)
    assert given is not None
    return Report(given[0], State.STARTED, pilot)


def test_payloads_are_handed_out_once_and_in_order() -> None:
    queue = Queue()
    first, second = queue.submit(ID), queue.submit(ID)
    given = [queue.take("pilot-1", OFFER), queue.take("pilot-2", OFFER), queue.take("pilot-1", OFFER)]
    assert given == [(first, ID), (second, ID), None]


def test_a_pilot_takes_only_payloads_of_its_slot() -> None:
    queue = Queue()
    queue.submit(dataclasses.replace(ID, slot="bobs"))
    assert queue.take("pilot-1", OFFER) is None
    assert queue.take("pilot-1", dataclasses.replace(OFFER, slot="bobs")) is not None


def test_a_returned_payload_is_not_handed_out_again() -> None:
    queue = Queue()
    queue.report(dataclasses.replace(taken(queue), state=State.RETURNED, code=203))
    assert queue.take("pilot-2", OFFER) is None


@pytest.mark.parametrize("told_start", [True, False])
def test_what_a_pilot_had_in_hand_is_lost_when_it_ends(told_start: bool) -> None:
    queue = Queue()
    report = taken(queue)
    if told_start:
        queue.report(report)
    queue.pilot_ended("pilot-1")
    assert queue.look(report.payload).state is State.LOST


def test_what_a_pilot_says_is_lost_is_handed_out_again_while_attempts_are_left_and_may_have_run() -> None:
    queue = Queue()
    ident = queue.submit(dataclasses.replace(ID, attempts=2))
    for pilot, state in (("pilot-1", State.QUEUED), ("pilot-2", State.LOST)):
        queue.take(pilot, OFFER)
        queue.report(Report(ident, State.LOST, pilot, why="it got SIGTERM"))
        assert queue.look(ident).state is state
    assert [change.why for change in queue.history(ident)][3] == "back in the queue: it may have run"


def test_what_ended_before_its_pilot_is_not_lost() -> None:
    queue = Queue()
    report = dataclasses.replace(taken(queue), state=State.ENDED, code=0)
    queue.report(report)
    queue.pilot_ended("pilot-1")
    assert queue.look(report.payload) == report


def test_a_payload_of_which_nothing_is_heard_in_time_is_hung() -> None:
    clock = [0.0]
    queue = Queue(clock=lambda: clock[0])
    report = taken(queue)
    clock[0] = 10 + 5 + MARGIN - 0.1
    assert queue.look(report.payload).state is State.TAKEN
    clock[0] += 0.2
    assert queue.look(report.payload).state is State.HUNG


def test_an_end_that_is_reported_after_the_deadline_does_not_count() -> None:
    clock = [0.0]
    queue = Queue(clock=lambda: clock[0])
    report = taken(queue)
    clock[0] = 1000
    with pytest.raises(Problem, match="cannot be"):
        queue.report(dataclasses.replace(report, state=State.ENDED))


def test_nobody_else_reports_of_a_payload() -> None:
    queue = Queue()
    report = taken(queue)
    with pytest.raises(Problem, match="cannot be"):
        queue.report(dataclasses.replace(report, pilot="pilot-2"))


@pytest.mark.parametrize("state", [State.QUEUED, State.TAKEN, State.STARTED, State.RETURNED])
def test_nothing_follows_an_end(state: State) -> None:
    queue = Queue()
    report = taken(queue)
    queue.report(dataclasses.replace(report, state=State.ENDED))
    with pytest.raises(Problem, match="cannot be"):
        queue.report(dataclasses.replace(report, state=state))


def test_the_same_report_may_come_twice() -> None:
    queue = Queue()
    report = dataclasses.replace(taken(queue), state=State.ENDED)
    assert queue.report(report) is False
    assert queue.report(report) is False


def test_a_pilot_hears_with_its_next_report_that_the_payload_shall_end() -> None:
    queue = Queue()
    report = taken(queue)
    assert queue.report(report) is False
    queue.stop(report.payload)
    assert queue.report(report) is True


def test_what_the_queue_does_not_have_is_a_problem() -> None:
    queue = Queue()
    for ident in ("payload-99", "payload-0", "payload-1; DROP TABLE payloads", "", "payload-" + "9" * 5000):
        with pytest.raises(Problem, match="no such payload"):
            queue.look(ident)
