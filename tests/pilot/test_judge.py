"""What a pilot's report is taken for."""

from dataclasses import replace

import pytest

from testbed.model.mode import Mode
from testbed.model.outcome import Attempt, End, Outcome
from testbed.pilot.judge import outcome
from testbed.pilot.payload import Identity, Report, State

PILOT = Identity(40001, "pilot01", "worker-node")
ALICE = Identity(41007, "alphaprd007", "worker-node")
GUEST = Identity(1000, "payload", "guest-0123abcd")
THEIRS = {"user": "[1]", "mnt": "[2]", "pid": "[3]", "ipc": "[4]"}
CONTAINER = Identity(40001, "pilot01", "container", {"user": "[5]", "mnt": "[6]", "pid": "[7]", "ipc": "[8]"}, THEIRS)
WEAK = replace(CONTAINER, namespaces={**CONTAINER.namespaces, "pid": "[3]"})
UNPROVEN = replace(CONTAINER, namespaces={})
ROOT = Identity(0, "root", "worker-node")


def ended(who: Identity, separated: bool, code: int = 0) -> Report:
    return Report("payload-1", State.ENDED, "pilot-1", code, separated, identity=who)


@pytest.mark.parametrize(
    ("mode", "report", "expected"),
    [
        (Mode.NONE, ended(PILOT, False), Outcome(End.UNSEPARATED, 0, "pilot")),
        (Mode.LOG_ONLY, ended(PILOT, False, 7), Outcome(End.UNSEPARATED, 7, "pilot")),
        (Mode.SETUID, ended(ALICE, True, 204), Outcome(End.SEPARATED, 204, "pool alphaprd")),
        (Mode.SETUID, ended(PILOT, True), Outcome(End.SILENT, 0, "pilot")),
        (Mode.SETUID, ended(PILOT, False), Outcome(End.UNSEPARATED, 0, "pilot")),
        (Mode.SETUID, ended(ROOT, True), Outcome(End.SILENT, 0, "root")),
        (Mode.NONE, ended(ROOT, False), Outcome(End.SILENT, 0, "root")),
        (Mode.LOG_ONLY, ended(ALICE, False), Outcome(End.SEPARATED, 0, "pool alphaprd")),
        (Mode.VM, ended(GUEST, True), Outcome(End.SEPARATED, 0, "guest")),
        (Mode.VM, ended(PILOT, True), Outcome(End.SILENT, 0, "pilot")),
        (Mode.CONTAINER, ended(CONTAINER, True), Outcome(End.SEPARATED, 0, "container")),
        (Mode.CONTAINER, ended(WEAK, False), Outcome(End.UNSEPARATED, 0, "pilot")),
        (Mode.CONTAINER, ended(WEAK, True), Outcome(End.SILENT, 0, "pilot")),
        (Mode.CONTAINER, ended(UNPROVEN, True), Outcome(End.SILENT, 0, "pilot")),
        (Mode.LOG_ONLY, ended(CONTAINER, True), Outcome(End.SILENT, 0, "pilot")),
        (Mode.SETUID, ended(GUEST, True), Outcome(End.SEPARATED, 0, "pool payload")),
        (Mode.SETUID, Report("p", State.RETURNED, code=203), Outcome(End.RETURNED, 203)),
        (Mode.SETUID, Report("p", State.LOST, identity=ALICE), Outcome(End.LOST)),
        (Mode.SETUID, Report("p", State.HUNG, identity=ALICE), Outcome(End.HUNG)),
        (Mode.SETUID, Report("p", State.STARTED, identity=ALICE), Outcome(End.HUNG)),
        (Mode.SETUID, Report("p", State.QUEUED), Outcome(End.HUNG)),
    ],
)
def test_a_report_is_held_against_what_the_kernel_said(mode: Mode, report: Report, expected: Outcome) -> None:
    assert outcome(report, mode, "pilot01") == expected


def test_a_pilot_whom_its_node_cannot_name_is_still_the_pilot() -> None:
    nameless = Identity(40001, "", "worker-node")
    seen = outcome(ended(nameless, True), Mode.SETUID, "pilot01", pilot_uid=40001)
    assert (seen.end, seen.ran_as) == (End.SILENT, "pilot")


def test_an_outcome_carries_what_its_reader_wants_to_see() -> None:
    report = Report(
        "p", State.ENDED, "pilot-1", 0, True, identity=ALICE, out=b"caf\xc3\xa9\n", err=b"\xff", why="it ran"
    )
    seen = outcome(report, Mode.SETUID, "pilot01", Attempt.BLOCKED)
    assert (seen.account, seen.out, seen.err, seen.why) == ("alphaprd007", "café\n", "\ufffd", "it ran")
    assert seen.attack is Attempt.BLOCKED
