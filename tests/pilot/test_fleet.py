"""Fleets: how many pilots are sent where, who of them is given something, and what is learnt from it."""

import dataclasses
from collections import Counter
from pathlib import Path

import pytest

from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.fleet import Fleets
from testbed.pilot.fleet_book import FleetBook
from testbed.pilot.fleet_nodes import REST
from testbed.pilot.health import Caution, Standing
from testbed.pilot.needs import Needs, Offer
from testbed.pilot.order import Order, PilotEnd
from testbed.pilot.payload import Identity, Payload, Report, State
from testbed.pilot.plan import Kind, Plan
from testbed.pilot.queue import Queue
from testbed.pilot.roster import Out
from testbed.pilot.store import Store

NODES = ({"name": "one"}, {"name": "two"}, {"name": "three"})
PLAN = Plan("usual", Order(Mode.SETUID), NODES, caution=Caution(jitter=0.0))
OFFER = Offer(Mode.SETUID, memory=2000, seconds=300, start_limit=30)
WHO = Identity(50001, "alpha001", "one")


class Yard:
    """Fleets whose pilots are moved by hand, with a clock that stands still unless told."""

    def __init__(self, store: Store | None = None, plan: Plan = PLAN) -> None:
        self.store = store or Store(None)
        self.queue = Queue(self.store)
        self.now = 1_000_000.0
        self.sent: list[Out] = []
        self._count = 0
        self.fleets = Fleets(
            FleetBook(self.store),
            self.queue,
            self.sent.append,
            roles=lambda role: {"production": ["alice-production"]}.get(role, []),
            clock=lambda: self.now,
            chance=lambda: 0.0,
        )
        self.fleets.start(plan)

    def submit(self, *users: str, many: int = 1, **more: object) -> None:
        """Queue a payload of each of these users, so many times."""
        for user in users * many:
            self.queue.submit(dataclasses.replace(Payload(user, ("/usr/bin/id",)), **more))  # type: ignore[arg-type]

    def kept(self) -> Counter[str]:
        """Look after the fleets; how many pilots were sent to which node by that."""
        before = len(self.sent)
        self.fleets.keep()
        for out in self.sent[before:]:
            self._count += 1
            out_id = f"pilot-{self._count}"
            self.fleets.reached(out, out_id)
            out.pilot = out_id
        return Counter(out.node for out in self.sent[before:])

    def asks(self, out: Out, offer: Offer = OFFER) -> str | None:
        """A pilot asks for work; the payload that it is given."""
        offered = self.fleets.offered(out.pilot, offer)
        taken = self.queue.take(out.pilot, offered) if offered else None
        if taken is None:
            if offered:
                self.fleets.went_without(out.pilot)
            return None
        self.fleets.took(out.pilot, taken[0], taken[1].user)
        return taken[0]

    def says(self, out: Out, payload: str, state: State, identity: Identity | None = None) -> None:
        """A pilot reports."""
        report = Report(payload, state, out.pilot, 0, identity=identity, why="as the test has it")
        self.queue.report(report)
        self.fleets.heard(report)

    def fails(self, out: Out) -> None:
        """A pilot takes a payload, and gives it back."""
        payload = self.asks(out)
        assert payload
        self.says(out, payload, State.RETURNED)

    def standing(self, node: str = "one") -> str:
        """What is thought of a node."""
        [shown] = self.fleets.show()
        return str(next(each["standing"] for each in shown["nodes"] if each["name"] == node))


def test_nothing_is_sent_while_nothing_waits() -> None:
    assert not Yard().kept()


def test_no_more_pilots_are_sent_than_payloads_wait_and_they_are_spread_over_the_nodes() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, each=4))
    yard.submit("alice", "bob")
    assert yard.kept() == {"one": 1, "two": 1}
    assert not yard.kept()  # they are on their way
    yard.submit("alice", many=20)
    assert yard.kept() == {"one": 3, "two": 3, "three": 4}


def test_a_pilot_that_ended_is_replaced_as_long_as_something_waits() -> None:
    yard = Yard()
    yard.submit("alice", many=5)
    yard.kept()
    assert yard.asks(yard.sent[0])
    yard.fleets.ended(PilotEnd("pilot-1", True, 0))
    assert yard.kept() == {"one": 1}


def test_a_pilot_for_several_payloads_counts_for_so_many() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, slots=4))
    yard.submit("alice", many=6)
    assert yard.kept() == {"one": 1, "two": 1}
    assert [bool(yard.asks(yard.sent[0])) for _ in range(5)] == [True] * 4 + [False]


def test_what_no_pilot_of_the_fleet_could_take_sends_none() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, memory=1000))
    yard.submit("alice", needs=Needs(memory=1001))
    yard.submit("alice", needs=Needs(mode="vm"))
    yard.submit("alice", slot="another")
    yard.submit("alice", limit=290)
    assert not yard.kept()


def test_a_class_for_a_role_takes_nothing_of_others() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, role="production"))
    yard.submit("alice", "bob")
    assert not yard.kept()
    yard.submit("alice-production")
    assert yard.kept() == {"one": 1}
    payload = yard.asks(yard.sent[0])
    assert payload
    assert yard.queue.owner(payload) == "alice-production"


def test_a_pilot_offers_no_more_memory_than_its_class_has() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, memory=1000))
    yard.submit("alice")
    yard.kept()
    assert yard.fleets.offered("pilot-1", OFFER) == dataclasses.replace(OFFER, memory=1000)


def test_single_user_pilots_are_sent_for_each_owner_and_take_nothing_of_another() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, order=Order(Mode.NONE), kind=Kind.SINGLE_USER))
    yard.submit("alice", "alice", "bob")
    assert sum(yard.kept().values()) == 3
    assert [out.owner for out in yard.sent] == ["alice", "alice", "bob"]
    offer = dataclasses.replace(OFFER, mode=Mode.NONE)
    taken = [yard.asks(yard.sent[index], offer) for index in (2, 2, 0)]
    assert taken == ["payload-3", None, "payload-1"]


def test_one_failure_sends_no_pilot_less() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, nodes=NODES[:1], each=2))
    yard.submit("alice", "bob", many=5)
    yard.kept()
    yard.fails(yard.sent[0])
    assert yard.standing() == Standing.WELL
    assert yard.asks(yard.sent[0])


def test_a_black_hole_is_given_no_more_than_the_failures_that_drain_it() -> None:
    yard = Yard()
    yard.submit("alice", "bob", many=10)
    yard.kept()
    hole = yard.sent[0]
    for _ in range(3):
        yard.fails(hole)
    assert yard.standing() == Standing.DRAINED
    assert yard.asks(hole) is None
    yard.fleets.ended(PilotEnd(hole.pilot, True, 0))
    assert not yard.kept()  # the other nodes have theirs, this one gets none


def test_of_a_suspected_node_that_has_several_pilots_only_some_are_given_something() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, nodes=NODES[:1], each=4))
    yard.submit("alice", "bob", many=10)
    yard.kept()
    held = [yard.asks(out) for out in yard.sent]
    assert all(held)
    for out, payload in list(zip(yard.sent, held, strict=True))[:2]:
        assert payload
        yard.says(out, payload, State.RETURNED)
    assert yard.standing() == Standing.SUSPECTED
    assert yard.asks(yard.sent[0]) is None  # two others have one each


def test_a_drained_node_is_probed_with_one_pilot_and_a_success_restores_it() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, nodes=NODES[:1], each=3))
    yard.submit("alice", "bob", many=10)
    yard.kept()
    for _ in range(3):
        yard.fails(yard.sent[0])
    for out in tuple(yard.sent):
        yard.fleets.ended(PilotEnd(out.pilot, True, 0))
    assert not yard.kept()
    yard.now += PLAN.caution.first if PLAN.caution else 0
    assert yard.kept() == {"one": 1}
    probe = yard.sent[-1]
    payload = yard.asks(probe)
    assert payload
    assert not yard.kept()  # what becomes of it decides
    yard.says(probe, payload, State.STARTED, WHO)
    assert yard.standing() == Standing.WELL
    assert yard.kept() == {"one": 2}


def test_a_pilot_that_dies_with_a_payload_that_has_not_started_counts_as_its_failure() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, nodes=NODES[:1], each=4))
    yard.submit("alice", "bob", many=10)
    yard.kept()
    for out in yard.sent[:3]:
        assert yard.asks(out)
        yard.fleets.ended(PilotEnd(out.pilot, True, None, why="the line broke"))
    assert yard.standing() == Standing.DRAINED


def test_a_pilot_that_dies_with_a_payload_that_runs_does_not() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, nodes=NODES[:1], each=4))
    yard.submit("alice", "bob", many=10)
    yard.kept()
    for out in yard.sent[:3]:
        payload = yard.asks(out)
        assert payload
        yard.says(out, payload, State.STARTED, WHO)
        yard.fleets.ended(PilotEnd(out.pilot, True, None, why="the line broke"))
    assert yard.standing() == Standing.WELL


def test_a_payload_that_the_queue_took_from_a_silent_pilot_is_a_failure_where_it_had_not_started() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, nodes=NODES[:1], each=3))
    yard.submit("alice", "bob", "alice")
    yard.kept()
    for out in yard.sent:
        assert yard.asks(out)
        yard.queue.pilot_ended(out.pilot)
    yard.fleets.keep()
    assert yard.standing() == Standing.DRAINED


def test_a_node_that_cannot_be_reached_is_backed_off_as_well() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, nodes=NODES[:1]))
    yard.submit("alice", many=5)
    for _ in range(3):
        yard.fleets.keep()
        yard.fleets.unreached(yard.sent[-1], "no route to host")
    assert yard.standing() == Standing.DRAINED
    assert not yard.kept()
    [shown] = yard.fleets.show()
    assert shown["nodes"][0]["why"] == "3 in a row; the last: it cannot be reached: no route to host"
    assert shown["nodes"][0]["left"] == 5.0


def test_without_caution_nothing_is_learnt() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, nodes=NODES[:1], caution=None))
    yard.submit("alice", "bob", many=10)
    yard.kept()
    for _ in range(20):
        yard.fails(yard.sent[0])
    assert yard.standing() == Standing.WELL


def test_a_node_where_a_pilot_found_nothing_that_fits_rests_a_while() -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, nodes=NODES[:1]))
    yard.submit("alice", needs=Needs(memory=4000))
    assert yard.kept() == {"one": 1}
    assert yard.asks(yard.sent[0]) is None  # it has only 2000
    yard.fleets.ended(PilotEnd("pilot-1", True, 0))
    assert not yard.kept()
    yard.now += REST
    assert yard.kept() == {"one": 1}


def test_a_vo_that_is_begun_again_goes_on_with_its_fleets_and_what_it_knew_of_nodes(tmp_path: Path) -> None:
    store = Store(tmp_path / "queue.db")
    yard = Yard(store)
    yard.submit("alice", "bob", many=10)
    yard.kept()
    for _ in range(3):
        yard.fails(yard.sent[0])
    store.close()
    store = Store(tmp_path / "queue.db")
    again = Fleets(FleetBook(store), Queue(store), lambda out: None, clock=lambda: yard.now)
    [shown] = again.show()
    assert Plan.parse(shown["plan"]).json() == PLAN.json()
    assert (shown["sent"], shown["waiting"]) == (3, 17)
    assert [node["standing"] for node in shown["nodes"]] == ["drained", "well", "well"]
    store.close()


def test_a_fleet_that_is_stopped_sends_no_more_and_is_not_there_when_the_vo_is_begun_again() -> None:
    yard = Yard()
    yard.submit("alice", many=9)
    yard.kept()
    assert yard.fleets.stop("usual") == ["pilot-1", "pilot-2", "pilot-3"]
    yard.fleets.ended(PilotEnd("pilot-1", True, 0))
    assert not yard.kept()
    assert not FleetBook(yard.store).plans()
    with pytest.raises(Problem, match="no fleet is called so"):
        yard.fleets.stop("usual")


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"nodes": []},
        {"nodes": [{"name": "one"}, {"name": "one"}]},
        {"nodes": [{"name": "one", "adress": "10.0.0.1"}]},
        {"each": 0},
        {"each": 10_000},
        {"slots": 99},
        {"kind": "multiuser"},
        {"kind": "classic"},
        {"caution": {"failures": 0}},
        {"colour": "blue"},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Problem):
        Plan.parse({**PLAN.json(), **change})


@pytest.mark.parametrize("unreached", [True, False])
def test_without_back_off_a_node_that_takes_no_pilot_is_not_asked_as_fast_as_it_can_refuse(unreached: bool) -> None:
    yard = Yard(plan=dataclasses.replace(PLAN, nodes=NODES[:1], caution=None))
    yard.submit("alice")
    assert yard.kept() == {"one": 1}
    if unreached:
        yard.fleets.unreached(yard.sent[0], "connection refused")
    else:
        yard.fleets.ended(PilotEnd(yard.sent[0].pilot, True, 1))
    assert yard.kept() == {}
    yard.now += REST
    assert yard.kept() == {"one": 1}
