"""Every fault of the catalogue comes to what it says there under the three answers to question 4, or says why not."""

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.cell import Authority
from testbed.model.condition import Condition, Situation
from testbed.model.consequence import CONFIGURATION, CONSEQUENCES
from testbed.model.effect import Cause
from testbed.model.failure import Failure, classify
from testbed.model.fault import Fault
from testbed.model.node_consequence import NODE_CONSEQUENCES
from testbed.model.policy import may_run_itself
from testbed.model.seen import Seen
from tests.model.fault_table import DIFFERS, HABITS, NEVER, NO_FAULT, TABLE, Failing, Triple

ALPHA = Situation(vo="alpha")
GENERAL = (Condition(vos=("alpha",)),)
"""A condition that holds and names no cause."""


def triple_of(cause: Cause, stance: Stance = Stance.ALLOW) -> Triple:
    """What the pilot does about a cause that is told, under no, depends and yes."""
    failure = classify(Seen(203, err=f"[gLExec]: cause class={cause.kind} reason={cause.reason} code=203\n"))
    if failure is Failure.DENIED:
        return NEVER
    words = []
    for answer, allowed, refused in (
        (OnInternalError.NO, "?", "R"),
        (OnInternalError.DEPENDS, "rule", "R" if failure is Failure.TRACELESS else "x"),
        (OnInternalError.YES, "B", "x"),
    ):
        answers = Answers(MultiUser.YES, stance, Stance.NO, answer, on_internal_error_if=GENERAL)
        at = Situation(cause=cause, vo=ALPHA.vo)
        words.append(allowed if may_run_itself(answers, failure, at).allowed else refused)
    return words[0], words[1], words[2]


def causes_of(row: Failing) -> list[tuple[Fault | None, Authority | None, Cause]]:
    """Each cause that a row stands for. A fault under which the payload runs has none."""
    found: list[tuple[Fault | None, Authority | None, Cause]] = [(None, None, cause) for cause in row.causes]
    for fault in row.faults:
        if fault is Fault.NO_CONFIG:
            found.append((fault, None, CONFIGURATION))
            continue
        if fault in NODE_CONSEQUENCES:
            found += [(fault, None, cause)] if (cause := NODE_CONSEQUENCES[fault].cause) else []
            continue
        for authority in CONSEQUENCES[fault].meant:
            if cause := CONSEQUENCES[fault].cause_with(authority):
                found.append((fault, authority, cause))
    return found


def test_every_fault_stands_in_the_catalogue_once_or_says_why_it_has_no_place_there() -> None:
    placed = [fault for row in TABLE for fault in row.faults]
    assert len(placed) == len(set(placed))
    assert set(placed) | set(NO_FAULT) == set(Fault)
    assert not set(placed) & set(NO_FAULT)


def test_every_fault_comes_to_what_is_documented_or_is_known_to_differ() -> None:
    wrong = []
    for row in TABLE:
        for fault, authority, cause in causes_of(row):
            expected = row.documented
            if fault and authority and (fault, authority) in HABITS:
                expected = HABITS[fault, authority][0]
            elif fault in DIFFERS:
                expected = DIFFERS[fault][0]
            if triple_of(cause) != expected:
                wrong.append((row.number, fault, authority, str(cause), triple_of(cause), expected))
    assert wrong == []


def test_what_is_known_to_differ_does_so_and_says_why() -> None:
    documented = {fault: row.documented for row in TABLE for fault in row.faults}
    assert all(documented[fault] != triple and why for fault, (triple, why) in DIFFERS.items())
    assert all(documented[fault] != triple and why for (fault, _), (triple, why) in HABITS.items())


def test_where_glexec_is_required_a_run_without_a_record_is_by_passed_by_nobody() -> None:
    """F20 has B for yes; where questions 2 or 3 require glexec the class T says no (section 3.1 of the same facts)."""
    no_record = Cause("untraceable", "no-record")
    assert triple_of(no_record) == ("R", "R", "B")
    assert triple_of(no_record, Stance.REQUIRE) == ("R", "R", "x")
