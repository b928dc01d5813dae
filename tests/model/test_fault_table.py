"""Every fault of the catalogue comes to what it says there under the three answers to question 4, or says why not."""

from dataclasses import replace

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.cell import Authority
from testbed.model.condition import Condition, Situation
from testbed.model.consequence import CONSEQUENCES, SILENT, UNREACHABLE
from testbed.model.effect import Cause
from testbed.model.failure import Failure, class_of
from testbed.model.fault import Fault
from testbed.model.mode import Mode
from testbed.model.node_consequence import NODE_CONSEQUENCES
from testbed.model.policy import may_run_itself
from tests.model.fault_table import DIFFERS, HABITS, NEVER, NO_FAULT, RUNS, TABLE, Triple

ALPHA = Situation(vo="alpha")
GENERAL = (Condition(vos=("alpha",)),)
"""A condition that holds and names no cause."""


def triple_of(cause: Cause | None, stance: Stance = Stance.ALLOW) -> Triple:
    """What the pilot does about a cause, under no, depends and yes. ``None``: an internal error without a word why."""
    failure = class_of(cause) if cause else Failure.INTERNAL
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


def causes_of(fault: Fault) -> dict[Authority | Mode | None, Cause | None]:
    """What a pilot hears of a fault, by the service or the mode where these count; ``None``: not a word why."""
    if fault in (Fault.NONE, Fault.NO_CONFIG):
        return {} if fault is Fault.NONE else {None: None}
    if fault in NODE_CONSEQUENCES:
        each = NODE_CONSEQUENCES[fault]
        causes = {mode: cause for mode in each.modes if (cause := each.cause_in(mode))}
        return {mode: cause if each.told else None for mode, cause in causes.items()}
    found = CONSEQUENCES[fault]
    return {service: cause for service in found.meant if (cause := found.cause_with(service))}


def triples_of(fault: Fault) -> dict[Authority | Mode | None, Triple]:
    """What is done about a fault, by the service or the mode where these count. Nothing where the payload runs."""
    return {where: triple_of(cause) for where, cause in causes_of(fault).items()}


def test_every_fault_stands_in_the_catalogue_once_or_says_why_it_has_no_place_there() -> None:
    placed = [fault for row in TABLE for fault in row.faults]
    assert len(placed) == len(set(placed))
    assert set(placed) | set(NO_FAULT) == set(Fault)
    assert not set(placed) & set(NO_FAULT)


def test_every_fault_comes_to_what_is_documented_or_is_known_to_differ() -> None:
    wrong = []
    for row in TABLE:
        wrong += [(row.number, str(cause)) for cause in row.causes if triple_of(cause) != row.documented]
        for fault in row.faults:
            usual = DIFFERS[fault][0] if fault in DIFFERS else row.documented
            for where, triple in triples_of(fault).items():
                expected = HABITS[fault, where][0] if where and (fault, where) in HABITS else usual
                if triple != expected:
                    wrong.append((row.number, f"{fault} {where}: {triple}, documented {expected}"))
    assert wrong == []


def test_the_example_conditions_open_for_production_exactly_what_a_rule_may_open() -> None:
    """Column "depends": where the table has a rule, the role opens; nobody else but who waits for an absent service."""
    answers = Answers(MultiUser.YES, Stance.ALLOW, Stance.NO, OnInternalError.YES).with_question_4(
        OnInternalError.DEPENDS
    )
    production = Situation(fqans=("/alpha/Role=production", "/alpha"), runs=0)
    for fault in Fault:
        for where, cause in causes_of(fault).items():
            failure = class_of(cause) if cause else Failure.INTERNAL
            allowed = may_run_itself(answers, failure, replace(production, cause=cause)).allowed
            assert allowed == (triple_of(cause)[1] == "rule"), (fault, where)
            allowed = may_run_itself(answers, failure, Situation(fqans=("/alpha",), runs=0, cause=cause)).allowed
            assert allowed == (cause in (UNREACHABLE, SILENT)), (fault, where)


def test_a_fault_under_which_the_payload_runs_says_why_nobody_asks() -> None:
    assert {fault for row in TABLE for fault in row.faults if not triples_of(fault)} == set(RUNS)


def test_what_is_known_to_differ_does_so_and_says_why() -> None:
    documented = {fault: row.documented for row in TABLE for fault in row.faults}
    assert all(documented[fault] != triple and why for fault, (triple, why) in DIFFERS.items())
    assert all(documented[fault] != triple and why for (fault, _), (triple, why) in HABITS.items())


def test_where_glexec_is_required_a_run_without_a_record_is_by_passed_by_nobody() -> None:
    """F20 has B for yes; where questions 2 or 3 require glexec the class T says no (section 3.1 of the same facts)."""
    no_record = Cause("untraceable", "no-record")
    assert triple_of(no_record) == ("R", "R", "B")
    assert triple_of(no_record, Stance.REQUIRE) == ("R", "R", "x")
