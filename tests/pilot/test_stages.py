"""What a stage makes of what its probes say: "blocked" is said only where the attack could have succeeded."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from testbed.lab.record import Record
from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.model.mode import Mode
from testbed.model.outcome import Attempt, End, Outcome
from testbed.model.problem import Problem
from testbed.pilot.payload import Report, State
from testbed.pilot.raid import Raid
from testbed.pilot.site_log import Line
from testbed.pilot.stages import launch, load
from testbed.pilot.stages.after import NEEDS, not_left, sorted_out
from testbed.pilot.stages.bystander import still_there
from testbed.pilot.stages.orphan import gone
from testbed.pilot.stages.record import believed, either, ended_in, held_in
from testbed.pilot.stages.saved import came_to

RAN = Outcome(End.SEPARATED, 0, "container")
LEFT = dict.fromkeys(NEEDS.values(), "left")


@pytest.mark.parametrize(
    ("taken", "resident", "guest", "held"),
    [
        (load.GIVEN, load.GIVEN + 11, False, Attempt.SUCCEEDED),
        (0, 11, False, Attempt.BLOCKED),
        (load.GUESTS, 23, True, Attempt.SUCCEEDED),
        (0, 23, True, Attempt.BLOCKED),
    ],
)
def test_memory_that_a_machine_gives_is_not_seen_by_its_node_and_counts(
    taken: int, resident: int, guest: bool, held: Attempt
) -> None:
    assert load._held(taken, resident, guest=guest) is held


def test_who_took_nothing_was_not_stopped_by_anything() -> None:
    assert load._told({"taken": 12.0, "why": "enough"}, "", "")[0] is Attempt.BLOCKED
    assert load._told({"taken": 0, "why": "Permission denied"}, "", "")[0] is None
    assert load._told({}, "", "can't start new thread")[0] is Attempt.SUCCEEDED


@pytest.mark.parametrize("mode", [Mode.CONTAINER, Mode.VM])
def test_in_a_container_or_machine_only_what_daemons_of_the_node_do_is_blocked_by_not_being_left(mode: Mode) -> None:
    said = LEFT | {"at-job": "no at here", "segment": "Function not implemented", "daemon": "a probe that is broken"}
    tried = dict.fromkeys(NEEDS, (Attempt.BLOCKED, "nothing there"))
    raid = sorted_out(mode, Raid(RAN, tried, {Attack.LEFT_HOME: "the finder is broken"}), not_left(said, NEEDS))
    assert raid.attempts[Attack.LEFT_AT_JOB] == (Attempt.BLOCKED, "no at here; on the node: nothing there")
    needing = {attack for attack, thing in NEEDS.items() if thing in ("segment", "daemon")}
    assert set(raid.untried) == {*needing, Attack.LEFT_HOME}
    assert not raid.untried.keys() & raid.attempts.keys()


def test_on_the_node_itself_nothing_follows_from_what_could_not_be_left() -> None:
    raid = sorted_out(Mode.SETUID, Raid(RAN, {}), not_left(LEFT | {"at-job": "no at here"}, NEEDS))
    assert (raid.attempts, raid.untried) == ({}, {Attack.LEFT_AT_JOB: "no at here"})


TOOK, REFUSED = (Attempt.SUCCEEDED, "/dev/log took it"), (Attempt.BLOCKED, "no such file: /dev/log")
FORGED, CONTROL, OTHER = Line(50001, "glexec", "forged"), Line(50001, "payload", "harmless"), Line(0, "glexec", "else")


@pytest.mark.parametrize(
    ("log", "said", "own", "found"),
    [
        ([OTHER, FORGED, CONTROL], TOOK, None, Attempt.SUCCEEDED),
        ([OTHER, FORGED, CONTROL], TOOK, 0, Attempt.BLOCKED),
        ([OTHER, FORGED, CONTROL], TOOK, FORGED.writer, Attempt.SUCCEEDED),
        ([OTHER, CONTROL], TOOK, None, Attempt.BLOCKED),
        ([OTHER], REFUSED, None, Attempt.BLOCKED),
        ([OTHER], TOOK, None, None),
        ([OTHER], TOOK, 0, None),
    ],
)
def test_a_forged_line_that_was_lost_with_a_harmless_one_was_not_blocked(
    log: list[Line], said: tuple[Attempt, str], own: int | None, found: Attempt | None
) -> None:
    assert believed(log, FORGED.text, CONTROL.text, said, own)[0] is found


def test_a_payload_that_may_have_ended_by_itself_did_not_follow_its_pilot() -> None:
    assert gone(99.9, ends=100.0)[0] is Attempt.BLOCKED
    with pytest.raises(Problem, match="nobody looked in time"):
        gone(100.0, ends=100.0)


def test_who_had_ended_before_the_attack_was_not_protected_from_it() -> None:
    still_there(Report("payload-1", State.STARTED))
    for state in (State.ENDED, State.LOST):
        with pytest.raises(Problem, match="had ended before that"):
            still_there(Report("payload-1", state, err=b"Traceback"))


@pytest.mark.parametrize(
    ("runs", "came_to"),
    [
        ([Record(7, lines=("real_user(pilot01)", "Terminated, exit 0"))], Attempt.BLOCKED),
        ([Record(7, lines=("real_user(pilot01)",))], Attempt.SUCCEEDED),
        ([], Attempt.SUCCEEDED),
    ],
)
def test_a_payload_that_ran_and_has_no_end_in_the_log_kept_it_out_of_there(
    runs: list[Record], came_to: Attempt
) -> None:
    said = '{"suppressed-end": {"attempt": "blocked", "saw": "2 processes of glexec seen", "errno": ""}}'
    assert ended_in(runs, Outcome(End.SEPARATED, 0, "pool alpha", out=said))[0] is came_to


@pytest.mark.parametrize(
    ("measure", "changed", "restored", "found"),
    [
        (None, 2, True, Attempt.BLOCKED),
        (None, 0, True, None),
        (None, 2, False, None),
        (Measure.OWN_ACCOUNT, 0, True, Attempt.BLOCKED),
        (Measure.OWN_ACCOUNT, 0, False, None),
        (Measure.COLD_MACHINES, 0, False, Attempt.BLOCKED),
        (Measure.COLD_MACHINES, 0, True, None),
    ],
)
def test_a_machine_that_went_on_from_no_saved_one_was_not_kept_from_a_poisoned_one(
    measure: Measure | None, changed: int, restored: bool, found: Attempt | None
) -> None:
    came = came_to(measure, key_found=False, changed=changed, restored=restored)
    assert (came if isinstance(came, Attempt) else None) is found
    assert came_to(measure, key_found=True, changed=changed, restored=restored) is Attempt.SUCCEEDED


class Sent(Exception):
    """A payload was on its way: its command, and its standard input."""


class Outbox:
    """A desk from which nothing is really sent."""

    world = SimpleNamespace(grid=None)

    def send(self, command: Sequence[str], user: str, stdin: bytes, **order: object) -> None:
        raise Sent(" ".join(command), stdin.decode())

    def end_of(self, payload: str, pilot: str) -> None:
        """Nobody comes as far."""


def test_a_key_that_proves_a_theft_stands_in_no_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody reads that in /proc, and the switch writes it into the site's log."""
    monkeypatch.setattr(launch, "key_of", lambda grid, name: "a line of a key")
    with pytest.raises(Sent) as sent:
        launch.launch(Outbox())  # type: ignore[arg-type]  # it gets no further
    command, stdin = sent.value.args
    assert "a line of a key" not in command
    assert "a line of a key" in stdin


HOLDS = '{"suppressed-end": {"attempt": "succeeded", "saw": "a child", "errno": ""}}'


@pytest.mark.parametrize(
    ("runs", "came_to"),
    [
        ([Record(7, lines=("real_user(x)", "Terminated, exit 0"))], Attempt.BLOCKED),
        ([Record(7, lines=("real_user(x)",))], Attempt.SUCCEEDED),
        ([], Attempt.SUCCEEDED),
    ],
)
def test_an_end_that_is_not_there_while_a_child_holds_everything_open_was_suppressed(
    runs: list[Record], came_to: Attempt
) -> None:
    assert held_in(runs, HOLDS, "at once")[0] is came_to


@pytest.mark.parametrize("out", ["", "[gLExec]: refused"])
def test_a_payload_that_never_held_anything_was_not_kept_from_suppressing_its_end(out: str) -> None:
    with pytest.raises(Problem):
        held_in([], out, "at once")


@pytest.mark.parametrize("worked", [("killing",), ("holding",), ("killing", "holding"), ()])
def test_of_several_ways_one_that_works_is_enough_and_each_is_said(worked: tuple[str, ...]) -> None:
    ways = ("killing", "holding")
    tried = {way: (Attempt.SUCCEEDED if way in worked else Attempt.BLOCKED, f"saw of {way}") for way in ways}
    came_to, saw = either(**tried)
    assert came_to is (Attempt.SUCCEEDED if worked else Attempt.BLOCKED)
    assert all(f"{way}: {tried[way][0]}, saw of {way}" in saw for way in ways)
