"""What an owner is told of each report: who has to act, whatever the state, and never a riddle."""

import pytest

from testbed.model.advice import BYPASSED, HUNG, LOST, NOBODY, SITE, WAITS, YOU, riddles
from testbed.model.effect import Cause
from testbed.model.failure import Failure
from testbed.pilot.account import Account, Call
from testbed.pilot.payload import Identity, Report, State
from testbed.pilot.told import CANCELLED, cause_of, failure_of, told

WHO = Identity(50001, "alpha001", "wn")
CAUSE = b"LCMAPS failed.\n[gLExec]: cause class=%b reason=%b code=%d\n"
REPORTS = {
    "queued": (Report("p", State.QUEUED), WAITS),
    "started": (Report("p", State.STARTED, identity=WHO), WAITS),
    "cancelled": (Report("p", State.CANCELLED), CANCELLED),
    "lost": (Report("p", State.LOST, identity=WHO), LOST),
    "hung": (Report("p", State.HUNG), HUNG),
    "by-passed": (Report("p", State.ENDED, code=0, bypassed=True, identity=WHO), BYPASSED),
}


@pytest.mark.parametrize("name", REPORTS)
def test_each_state_has_its_words(name: str) -> None:
    report, said = REPORTS[name]
    assert told(report) == said
    assert riddles(said) == []


@pytest.mark.parametrize(
    ("code", "err", "failure", "actor"),
    [
        (203, CAUSE % (b"denied", b"banned", 203), Failure.DENIED, YOU),
        (203, CAUSE % (b"unavailable", b"service-silent", 203), Failure.INTERNAL, SITE),
        (202, CAUSE % (b"untraceable", b"no-record", 202), Failure.TRACELESS, SITE),
        (202, b"", Failure.INTERNAL, SITE),
        (203, b"", Failure.AMBIGUOUS, "your VO's operators have to act"),
    ],
)
def test_what_did_not_run_is_told_by_its_class_and_cause(code: int, err: bytes, failure: Failure, actor: str) -> None:
    report = Report("p", State.RETURNED, code=code, err=err, why="/usr/sbin/glexec ended with 203")
    assert failure_of(report) is failure
    assert actor in told(report)
    assert riddles(told(report)) == []


def test_the_pilots_own_word_counts_where_it_has_one() -> None:
    """A canary has shown what 203 alone does not tell."""
    for failure in (Failure.DENIED, Failure.INTERNAL):
        assert failure_of(Report("p", State.RETURNED, code=203, failure=str(failure))) is failure
    assert failure_of(Report("p", State.RETURNED, code=203, failure="whatever")) is Failure.AMBIGUOUS


def test_a_by_pass_keeps_the_cause_that_led_to_it() -> None:
    calls = (Call(203, "internal", "unavailable service-silent", 1.0), Call(203, "internal", "", 1.0))
    report = Report("p", State.ENDED, code=0, bypassed=True, identity=WHO, account=Account(calls=calls))
    assert cause_of(report) == Cause("unavailable", "service-silent")
    assert cause_of(Report("p", State.ENDED, code=0, bypassed=True, identity=WHO)) is None
    silent = Account(calls=(Call(203, "internal", " ", 1.0),))
    blank = Report("p", State.ENDED, bypassed=True, identity=WHO, account=silent)
    assert cause_of(blank) is None


@pytest.mark.parametrize(
    ("state", "said"), [(State.RETURNED, "so nothing ran"), (State.HUNG, HUNG), (State.LOST, LOST)]
)
def test_a_by_pass_that_never_started_the_payload_is_not_told_as_a_run(state: State, said: str) -> None:
    assert said in told(Report("p", state, code=126, bypassed=True))


def test_a_payloads_own_code_and_its_last_words_are_its_own() -> None:
    forged = Report("p", State.ENDED, code=203, identity=WHO, err=CAUSE % (b"denied", b"banned", 203))
    assert failure_of(forged) is Failure.PAYLOAD
    assert NOBODY in told(forged)
