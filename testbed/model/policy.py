"""What a site's answers say in one situation: may a VO send pilots, may a pilot run a payload without the switch?"""

from dataclasses import dataclass

from testbed.model.answers import Answers, MultiUser, OnInternalError
from testbed.model.condition import NEVER_OPEN, Condition, Situation
from testbed.model.failure import Failure


@dataclass(frozen=True, slots=True)
class Ruling:
    """Yes or no, and why; ``condition`` is the one that held."""

    allowed: bool
    why: str
    condition: Condition | None = None


DUTIES = (
    "hide the pilot's own proxy first",
    "record the by-pass with the site and with the VO; no record, no run",
    "mark the result as unseparated",
    "keep the VO's own list of banned users in force",
    "try the switch again for the next payload",
)
"""What a pilot owes when it runs a payload without the switch (our choice, after the by-pass that nobody could see)."""


def may_send(answers: Answers, situation: Situation) -> Ruling:
    """Question 1: may this VO's pilot run payloads of other users here?"""
    if answers.multi_user_pilots is MultiUser.DEPENDS:
        return _by_conditions("question 1", answers.multi_user_pilots_if, situation, asks_for_cause=False)
    allowed = answers.multi_user_pilots is MultiUser.YES
    return Ruling(allowed, f"question 1 is answered {answers.multi_user_pilots}")


def may_run_itself(answers: Answers, failure: Failure, situation: Situation) -> Ruling:
    """Question 4: after a call that came to this, may the pilot run the payload itself?

    A denial is a denial, whatever the answer says. What is ambiguous is a denial until a canary has shown otherwise. An
    account that the node does not have is none of question 4's either: it is refused and never run (our choice; the
    identity is what the switch is for, and a shortened or foreign name is as likely somebody's doing as an outage).
    """
    if failure in _NEVER:
        return Ruling(False, _NEVER[failure])
    if situation.cause and situation.cause.reason in NEVER_OPEN:
        return Ruling(False, f"{situation.cause.reason}: {_NOBODY}")
    if failure is Failure.TRACELESS and answers.needs_trace:
        return Ruling(False, "the site requires glexec, and a run that nobody recorded is none of glexec's")
    if answers.on_internal_error is OnInternalError.DEPENDS:
        if failure is Failure.TRACELESS:
            return Ruling(False, "what nobody could record fulfils no condition")
        return _by_conditions("question 4", answers.on_internal_error_if, situation, asks_for_cause=True)
    allowed = answers.on_internal_error is OnInternalError.YES
    return Ruling(allowed, f"question 4 is answered {answers.on_internal_error}")


_NEVER = {
    Failure.DENIED: "a user who is refused is not run, whatever question 4 says",
    Failure.MISUSED: "the pilot's own fault is no internal error of the switch: mend it",
    Failure.AMBIGUOUS: "nobody knows whether this was a denial, so it is taken as one",
    Failure.PAYLOAD: "the payload has run",
}


_NOBODY = (
    "there was a decision, and it gave an account that the node does not have; whoever shapes that would get round "
    "the switch"
)


def _by_conditions(
    question: str, conditions: tuple[Condition, ...], situation: Situation, *, asks_for_cause: bool
) -> Ruling:
    if not conditions:
        return Ruling(False, f"{question} is answered depends, and no condition is stated: that is no")
    misses = []
    for condition in conditions:
        missing = condition.missing(situation, asks_for_cause=asks_for_cause)
        if not missing:
            return Ruling(True, f"{question} is answered depends, and {condition}", condition)
        misses.append(missing)
    return Ruling(False, f"{question} is answered depends, but {'; '.join(dict.fromkeys(misses))}")
