"""Whatever happens to a queue, in whatever order, it is what a few lines say that it should be.

The lines are `Known`: our reading of docs/queue.md. Beside them: nothing is lost, no payload is with two pilots, a
history only grows, and all of that also when the process ends between any two steps.
"""

import itertools
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.history import Change
from testbed.pilot.leases import MARGIN
from testbed.pilot.needs import Offer
from testbed.pilot.payload import Payload, Report, State
from testbed.pilot.queue import Queue
from testbed.pilot.store import Store

LEASE, START, LIMIT = 20.0, 10.0, 30.0
OFFER = Offer(Mode.NONE, start_limit=START)
PILOTS = [f"pilot-{number}" for number in range(1, 5)]
OUT = (State.TAKEN, State.STARTED)
SAID = (State.STARTED, State.ENDED, State.RETURNED, State.LOST)
"""What a pilot usually says of what it has."""
FOLLOWS = {
    State.QUEUED: {State.QUEUED, State.TAKEN, State.CANCELLED},
    State.TAKEN: {State.TAKEN, State.QUEUED, State.STARTED, State.ENDED, State.RETURNED, State.LOST, State.HUNG},
    State.STARTED: {State.STARTED, State.QUEUED, State.ENDED, State.LOST, State.HUNG},
    State.RETURNED: {State.RETURNED, State.QUEUED},
    State.LOST: {State.LOST, State.QUEUED},
}
"""From one line of a history to the next; a final state only has late words after it."""


@dataclass
class Known:
    """What a payload should be."""

    priority: int
    left: int
    state: State = State.QUEUED
    pilot: str = ""
    had: set[str] = field(default_factory=set)
    stop: bool = False
    heard: float = 0.0
    done: float = 0.0
    handed: int = 0

    def begins(self, now: float) -> None:
        """A pilot has it, or the queue has been begun anew."""
        self.heard, self.done = now + START + max(LEASE, MARGIN), now + START + LIMIT + MARGIN
        if self.state is State.STARTED:
            self.heard = now + LEASE

    def goes_back(self, end: State) -> None:
        """Its pilot is gone: it waits again where that is allowed."""
        self.state = State.QUEUED if self.left else end
        self.pilot = "" if self.left else self.pilot


class Life(RuleBasedStateMachine):
    """Submitters, pilots, an operator, a clock, and kill -9."""

    payloads = Bundle("payloads")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = 0.0
        self.known: dict[str, Known] = {}
        self.seen: dict[str, list[Change]] = {}
        self.requests = itertools.count(1)
        self.banned = False
        self.begin()

    def begin(self) -> None:
        self.store = Store(Path(self.folder.name) / "queue")
        self.queue = Queue(self.store, lease=LEASE, clock=lambda: self.now)

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def expire(self) -> None:
        """What every question brings about first."""
        for known in self.known.values():
            if known.state in OUT and self.now >= min(known.heard, known.done):
                known.goes_back(State.HUNG)

    @rule(target=payloads, priority=st.integers(-1, 1), attempts=st.integers(1, 3), twice=st.booleans())
    def submit(self, priority: int, attempts: int, twice: bool) -> str:
        payload = Payload("alice", ("/x",), limit=LIMIT, priority=priority, attempts=attempts)
        word = f"word-{len(self.known)}"
        ident = self.queue.submit(payload, asked=word)
        if twice:
            assert self.queue.submit(payload, asked=word) == ident
        assert ident not in self.known
        self.known[ident] = Known(priority, attempts)
        return ident

    @rule(pilot=st.sampled_from(PILOTS), twice=st.booleans())
    def take(self, pilot: str, twice: bool) -> None:
        self.expire()
        waiting = [
            (-known.priority, int(ident.partition("-")[2]), ident)
            for ident, known in self.known.items()
            if known.state is State.QUEUED and pilot not in known.had and not self.banned
        ]
        request = str(next(self.requests))
        given = self.queue.take(pilot, OFFER, request=request)
        assert (given and given[0]) == (min(waiting)[2] if waiting else None)
        if given is None:
            return
        if twice:
            assert self.queue.take(pilot, OFFER, request=request) == given
        known = self.known[given[0]]
        known.state, known.pilot = State.TAKEN, pilot
        known.had.add(pilot)
        known.left -= 1
        known.handed += 1
        known.begins(self.now)

    @rule(ident=payloads, state=st.sampled_from([State.STARTED, State.STARTED, *State]), pilot=st.sampled_from(PILOTS))
    def report_of_anybody(self, ident: str, state: State, pilot: str) -> None:
        self.report(ident, state, pilot)

    @rule(ident=payloads, state=st.sampled_from(SAID), twice=st.booleans())
    def report_of_its_pilot(self, ident: str, state: State, twice: bool) -> None:
        if pilot := self.known[ident].pilot:
            self.report(ident, state, pilot)
            if twice and self.known[ident].state is state:
                self.report(ident, state, pilot)

    def report(self, ident: str, state: State, pilot: str) -> None:
        self.expire()
        known = self.known[ident]
        same = self.queue.look(ident) == (said := Report(ident, state, pilot, why="so"))
        allowed = {State.TAKEN: FOLLOWS[State.TAKEN] - {State.TAKEN, State.QUEUED}}
        allowed[State.STARTED] = FOLLOWS[State.STARTED] - {State.QUEUED}
        if pilot != known.pilot or not (same or state in allowed.get(known.state, ())):
            with pytest.raises(Problem, match="this report cannot be"):
                self.queue.report(said)
            return
        assert self.queue.report(said) is known.stop
        if same:
            known.heard = self.now + LEASE
            return
        known.state = state
        known.heard = self.now + LEASE
        if state in (State.RETURNED, State.LOST):
            known.goes_back(state)

    @rule(ident=payloads)
    def stop(self, ident: str) -> None:
        known = self.known[ident]
        self.queue.stop(ident)
        if known.state is State.QUEUED:
            known.state = State.CANCELLED
        elif known.state in OUT:
            known.stop, known.left = True, 0

    @rule()
    def ban(self) -> None:
        self.queue.ban("alice", owners=["alice"])
        self.banned = True
        for known in self.known.values():
            if known.state in OUT:
                known.stop, known.left = True, 0

    @rule()
    def unban(self) -> None:
        if self.banned:
            self.queue.unban("alice", owners=["alice"])
        self.banned = False

    @rule(pilot=st.sampled_from(PILOTS))
    def pilot_ends(self, pilot: str) -> None:
        self.queue.pilot_ended(pilot)
        for known in self.known.values():
            if known.pilot == pilot and known.state in OUT:
                known.goes_back(State.LOST)

    @rule(seconds=st.sampled_from([1.0, 9.0, LEASE, START + LEASE, START + LIMIT + MARGIN]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.queue.expire()
        self.expire()

    @rule()
    def killed(self) -> None:
        """Nothing is said or written before: each step's change is whole. Cuts inside of one are test_kill's."""
        self.store.close()
        self.begin()
        for known in self.known.values():
            if known.state in OUT:
                known.begins(self.now)

    @invariant()
    def nothing_is_lost_and_everything_is_as_it_should_be(self) -> None:
        self.expire()
        found = {line.ident: line for line in self.queue.list()}
        assert {ident: (line.state, line.pilot, line.left) for ident, line in found.items()} == {
            ident: (known.state, known.pilot, known.left) for ident, known in self.known.items()
        }

    @invariant()
    def histories_only_grow_and_tell_of_every_change(self) -> None:
        for ident, known in self.known.items():
            history = list(self.queue.history(ident))
            before = self.seen.get(ident, [])
            assert history[: len(before)] == before
            self.seen[ident] = history
            assert history[0].state is State.QUEUED
            assert history[-1].state is known.state
            for one, next_ in itertools.pairwise(history):
                assert one.time <= next_.time
                assert next_.state in FOLLOWS.get(one.state, {one.state})
            assert sum(change.why.startswith("it offered") for change in history) == known.handed <= 3


def lived(examples: int, steps: int) -> None:
    checks = list(HealthCheck)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks
        ),
    )


def test_a_queue_is_what_it_should_be_whatever_happens_to_it() -> None:
    lived(80, 40)


@pytest.mark.slow
def test_a_queue_is_what_it_should_be_whatever_happens_to_it_for_long() -> None:
    lived(400, 60)
