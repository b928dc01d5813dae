"""What a site's answers contradict or cost, in words: legal combinations that are worth a second look."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.condition import NAMED_ONLY
from testbed.model.offer import offer


@dataclass(frozen=True, slots=True)
class Doubt:
    """One of them: the answer that it is about, what is doubtful, and what to do if it is not meant so."""

    answer: str
    says: str
    remedy: str
    cost: bool = False
    """A price that sites pay knowingly, and no contradiction: nothing to be warned of."""


def doubts(answers: Answers) -> list[Doubt]:
    """Every contradiction and cost of these answers."""
    return [doubt for look in _LOOKS for doubt in look(answers)]


def _nobody_to_call(answers: Answers) -> Iterator[Doubt]:
    if answers.multi_user_pilots is not MultiUser.NO:
        return
    if answers.needs_trace:
        yield Doubt(
            "multi_user_pilots",
            "multi-user pilots are not allowed, so nobody has a reason to call glexec that is demanded",
            "allow them, or demand nothing",
        )
    if answers.on_internal_error is not OnInternalError.NO:
        yield Doubt(
            "on_internal_error",
            "multi-user pilots are not allowed, so nobody will ever ask what may be done on an internal error",
            'answer "no", or allow them',
        )


def _depends_on_nothing(answers: Answers) -> Iterator[Doubt]:
    for name, answer, conditions in (
        ("multi_user_pilots", answers.multi_user_pilots, answers.multi_user_pilots_if),
        ("on_internal_error", answers.on_internal_error, answers.on_internal_error_if),
    ):
        if answer == "depends" and not conditions:
            yield Doubt(
                name, 'it "depends" on nothing that is stated, which is no', f"add [[answers.{name}_if]]", cost=True
            )


def _lifted_by_an_error(answers: Answers) -> Iterator[Doubt]:
    if answers.on_internal_error is not OnInternalError.YES:
        return
    remedy = 'answer "no" or "depends", or accept that it depends on the authority being there'
    if answers.setuid is Stance.REQUIRE:
        yield Doubt(
            "on_internal_error",
            "glexec is demanded, but on an internal error separation is given up: whoever breaks it, gets round it",
            remedy,
        )
    elif answers.log_only is Stance.REQUIRE:
        yield Doubt(
            "on_internal_error",
            "glexec is demanded, but on an internal error the record is given up, unless the pilot writes it itself",
            remedy,
        )


def _unseparated(answers: Answers) -> Iterator[Doubt]:
    if answers.multi_user_pilots is MultiUser.NO:
        return
    if offer(answers).usual == "none":
        yield Doubt(
            "multi_user_pilots",
            "payloads of others run as the pilot, and nobody at the site learns whose they are: to stop one user the "
            "whole VO has to be banned",
            "allow glexec, or allow no multi-user pilots",
            cost=True,
        )
    elif answers.setuid is Stance.NO:
        yield Doubt(
            "setuid",
            "payloads are recorded and not kept apart: each reaches the pilot and what it holds, the record included",
            'answer "allow", or accept it',
            cost=True,
        )


def _two_readings(answers: Answers) -> Iterator[Doubt]:
    if answers.multi_user_pilots is not MultiUser.NO and (flag := offer(answers).flag):
        remedy = 'answer "allow" or "no" if that is not meant'
        yield Doubt("log_only", flag, remedy, cost=answers.setuid is not Stance.REQUIRE)


def _doubtful_causes(answers: Answers) -> Iterator[Doubt]:
    for condition in answers.on_internal_error_if:
        for reason in NAMED_ONLY:
            if reason in condition.causes:
                yield Doubt(
                    "on_internal_error",
                    f"a condition names {reason}, which somebody between the node and the service could bring about",
                    "leave it to the usual conditions, which do not cover it",
                )
        if not condition.runs_at_most and not condition.windows:
            yield Doubt(
                "on_internal_error",
                f"a condition has no end: as long as {condition}, every payload runs unseparated",
                "add runs_at_most, or windows",
                cost=True,
            )


_LOOKS: tuple[Callable[[Answers], Iterator[Doubt]], ...] = (
    _nobody_to_call,
    _depends_on_nothing,
    _lifted_by_an_error,
    _unseparated,
    _two_readings,
    _doubtful_causes,
)
