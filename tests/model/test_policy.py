"""The four answers in one situation: a denial stays a denial, "depends" is what is stated, the unknown is no."""

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.condition import CAUSES, NAMED_ONLY, NEVER_OPEN, Condition, Situation, Window, role_of
from testbed.model.effect import Cause
from testbed.model.failure import Failure
from testbed.model.policy import may_run_itself, may_send

NOON = datetime(2021, 3, 4, 12, tzinfo=UTC)
SILENT = Cause("unavailable", "service-silent")
ALICE, ROBOT = "/DC=org/DC=testbed/O=People/CN=Alice Archer", "/DC=org/DC=testbed/O=Robots/CN=Robot"
KNOWN = Situation(
    cause=SILENT,
    owner=ALICE,
    pilot_owner=ROBOT,
    fqans=("/alpha/Role=production/Capability=NULL", "/alpha"),
    vo="alpha",
    well=10.0,
    pilots=2,
    runs=1,
    now=NOON,
)
HOUR = timedelta(hours=1)


def depends(*conditions: Condition, setuid: Stance = Stance.ALLOW) -> Answers:
    return Answers(MultiUser.YES, setuid, Stance.NO, OnInternalError.DEPENDS, on_internal_error_if=tuple(conditions))


def plain(answer: OnInternalError, setuid: Stance = Stance.ALLOW, log_only: Stance = Stance.NO) -> Answers:
    return Answers(MultiUser.YES, setuid, log_only, answer)


@pytest.mark.parametrize("failure", [Failure.DENIED, Failure.MISUSED, Failure.AMBIGUOUS, Failure.PAYLOAD])
@pytest.mark.parametrize(
    "answers", [plain(OnInternalError.YES), depends(Condition(vos=("alpha",)))], ids=["yes", "depends"]
)
def test_only_an_internal_error_lets_a_pilot_run_anything_itself(failure: Failure, answers: Answers) -> None:
    """R6: a user who is refused is not run, whatever question 4 says."""
    assert may_run_itself(answers, Failure.INTERNAL, KNOWN).allowed
    assert not may_run_itself(answers, failure, KNOWN).allowed


def test_no_site_in_the_world_lets_a_denied_user_run() -> None:
    conditions = (Condition(vos=("alpha",)),)
    for pilots, setuid, log_only, error in itertools.product(MultiUser, Stance, Stance, OnInternalError):
        answers = Answers(pilots, setuid, log_only, error, on_internal_error_if=conditions)
        assert not may_run_itself(answers, Failure.DENIED, KNOWN).allowed


def test_yes_and_no_are_what_they_say() -> None:
    assert may_run_itself(plain(OnInternalError.YES), Failure.INTERNAL, Situation()).allowed
    assert not may_run_itself(plain(OnInternalError.NO), Failure.INTERNAL, KNOWN).allowed


def test_depends_on_nothing_is_no() -> None:
    ruling = may_run_itself(depends(), Failure.INTERNAL, KNOWN)
    assert not ruling.allowed
    assert "no condition is stated" in ruling.why


@pytest.mark.parametrize(
    ("setuid", "log_only", "allowed"),
    [
        (Stance.REQUIRE, Stance.NO, False),
        (Stance.ALLOW, Stance.REQUIRE, False),
        (Stance.ALLOW, Stance.ALLOW, True),
        (Stance.NO, Stance.NO, True),
    ],
)
def test_where_glexec_is_required_a_run_without_a_record_is_not_made(
    setuid: Stance, log_only: Stance, allowed: bool
) -> None:
    answers = plain(OnInternalError.YES, setuid, log_only)
    assert may_run_itself(answers, Failure.TRACELESS, KNOWN).allowed is allowed
    assert may_run_itself(answers, Failure.INTERNAL, KNOWN).allowed


def test_what_nobody_could_record_fulfils_no_condition() -> None:
    answers = depends(Condition(vos=("alpha",)))
    assert not may_run_itself(answers, Failure.TRACELESS, KNOWN).allowed


HOLDS = {
    "reason": (Condition(causes=("service-silent",)), Condition(causes=("service-unreachable",))),
    "class": (Condition(causes=("unavailable",)), Condition(causes=("undecided", "site"))),
    "owner": (Condition(owners=(ALICE,)), Condition(owners=(ROBOT,))),
    "role": (Condition(roles=("production",)), Condition(roles=("pilot", "NULL"))),
    "vo": (Condition(vos=("beta", "alpha")), Condition(vos=("beta",))),
    "well": (Condition(well_within=10), Condition(well_within=9)),
    "pilots": (Condition(pilots_at_most=2), Condition(pilots_at_most=1)),
    "runs": (Condition(runs_at_most=2), Condition(runs_at_most=1)),
    "window": (
        Condition(windows=(Window(NOON, NOON + HOUR),)),
        Condition(windows=(Window(NOON - HOUR, NOON), Window(NOON + HOUR, NOON + 2 * HOUR))),
    ),
}


@pytest.mark.parametrize("what", HOLDS)
def test_a_condition_holds_or_says_why_not(what: str) -> None:
    holds, fails = HOLDS[what]
    yes, no = (may_run_itself(depends(each), Failure.INTERNAL, KNOWN) for each in (holds, fails))
    assert yes.allowed
    assert yes.condition == holds
    assert str(holds) in yes.why
    assert not no.allowed
    assert no.why.startswith("question 4 is answered depends, but ")


@pytest.mark.parametrize("what", [what for what in HOLDS if what not in ("reason", "class")])
def test_what_a_pilot_does_not_know_fulfils_nothing(what: str) -> None:
    holds, _ = HOLDS[what]
    assert not may_run_itself(depends(holds), Failure.INTERNAL, Situation(cause=SILENT)).allowed


def test_a_payload_of_the_pilots_owner_can_be_let_through() -> None:
    answers = depends(Condition(own_payload=True))
    assert not may_run_itself(answers, Failure.INTERNAL, KNOWN).allowed
    assert may_run_itself(answers, Failure.INTERNAL, Situation(owner=ROBOT, pilot_owner=ROBOT)).allowed
    assert not may_run_itself(answers, Failure.INTERNAL, Situation()).allowed, "two unknown owners are not the same"


def test_all_of_a_condition_has_to_hold_and_one_of_the_conditions() -> None:
    both = Condition(roles=("production",), vos=("beta",))
    assert not may_run_itself(depends(both), Failure.INTERNAL, KNOWN).allowed
    assert may_run_itself(depends(both, Condition(roles=("production",))), Failure.INTERNAL, KNOWN).allowed


@pytest.mark.parametrize("reason", NAMED_ONLY)
def test_what_somebody_in_the_middle_could_bring_about_has_to_be_named(reason: str) -> None:
    at = Situation(cause=Cause("unavailable", reason), fqans=KNOWN.fqans)
    for unnamed in (Condition(roles=("production",)), Condition(causes=("unavailable",))):
        ruling = may_run_itself(depends(unnamed), Failure.INTERNAL, at)
        assert not ruling.allowed
        assert f"{reason} is not named" in ruling.why
    assert may_run_itself(depends(Condition(causes=(reason,))), Failure.INTERNAL, at).allowed


@pytest.mark.parametrize("reason", NEVER_OPEN)
def test_an_account_that_the_node_does_not_have_is_nobodys_to_run_as(reason: str) -> None:
    """Whatever shapes the account in a Permit would else get payloads round the switch (F15: refuse, never execute)."""
    at = Situation(cause=Cause("unavailable", reason), vo="alpha")
    given = (Condition(causes=("unavailable",)), Condition(causes=(reason,)), Condition(vos=("alpha",)))
    for answers in (plain(OnInternalError.YES), depends(*given)):
        ruling = may_run_itself(answers, Failure.INTERNAL, at)
        assert not ruling.allowed
        assert "an account that the node does not have" in ruling.why
    assert reason not in CAUSES


def test_an_error_without_a_cause_has_a_word_of_its_own() -> None:
    at = Situation(cause=None)
    assert may_run_itself(depends(Condition(causes=("untold",))), Failure.INTERNAL, at).allowed
    assert not may_run_itself(depends(Condition(causes=("unavailable",))), Failure.INTERNAL, at).allowed


def test_denials_are_no_words_for_conditions() -> None:
    assert not {"denied", "banned", "no-rule", "caller", "credential-expired", "no-record"} & set(CAUSES)


def test_a_window_counts_in_its_own_time_zone_and_without_its_end() -> None:
    east = timezone(timedelta(hours=2))
    window = Window(datetime(2021, 3, 4, 13, tzinfo=east), datetime(2021, 3, 4, 14, tzinfo=east))
    assert datetime(2021, 3, 4, 11, tzinfo=UTC) in window
    assert NOON not in window


@pytest.mark.parametrize(
    ("fqans", "role"),
    [
        ((), ""),
        (("/alpha",), ""),
        (("/alpha/Role=NULL/Capability=NULL", "/alpha/Role=production"), ""),
        (("/alpha/sub/Role=pilot",), "pilot"),
    ],
)
def test_the_role_is_that_of_the_primary_attribute(fqans: tuple[str, ...], role: str) -> None:
    assert role_of(fqans) == role


def test_question_1_is_asked_before_anything_is_fetched() -> None:
    """R1: multi-user pilots are optional for a site."""
    rest = (Stance.ALLOW, Stance.NO, OnInternalError.NO)
    assert may_send(Answers(MultiUser.YES, *rest), Situation()).allowed
    assert not may_send(Answers(MultiUser.NO, *rest), KNOWN).allowed
    assert not may_send(Answers(MultiUser.DEPENDS, *rest), KNOWN).allowed
    some = Answers(MultiUser.DEPENDS, *rest, multi_user_pilots_if=(Condition(vos=("alpha",), pilots_at_most=4),))
    assert may_send(some, KNOWN).allowed
    assert not may_send(some, Situation(vo="beta", pilots=1)).allowed
    assert not may_send(some, Situation(vo="alpha", pilots=5)).allowed


def test_answers_are_told_in_words_with_their_conditions() -> None:
    answers = depends(Condition(causes=("timed-out",), runs_at_most=3), Condition(roles=("production",)))
    assert answers.words()["on_internal_error"] == (
        "depends: if the cause is timed-out and fewer than 3 payloads have run without it since it last worked; "
        "or if the role is production"
    )
    assert depends().words()["on_internal_error"] == "depends: on nothing that is stated, so no"
