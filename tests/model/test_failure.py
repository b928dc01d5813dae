"""What a call means: the classes D, M, E, A, P and T, told from what can be seen from outside."""

import re
from pathlib import Path

import pytest

from testbed.model.effect import Cause
from testbed.model.failure import FOLLOWS, Canary, Failure, Run, canary_of, classify
from testbed.model.reasons import CLASS_OF, REASONS
from testbed.model.seen import Seen, told

CAUSE_C = Path(__file__).parents[2] / "images/worker-node/glexec/cause.c"
_LINE = re.compile(r'\[CAUSE_\w+\] = \{(\w+), "([a-z]+)", "([a-z-]+)"\}')
CODES = {"NOT_AUTHORISED": 203, "CALLER_FAULT": 201, "SYSTEM_FAULT": 202, "EXEC_FAILED": 126}


def cause_line(kind: str, reason: str, code: int) -> str:
    return f"[gLExec]: cause class={kind} reason={reason} code={code}\n"


def switchs_own() -> list[tuple[int, str, str]]:
    """Every cause of the switch, as its source has it."""
    found = _LINE.findall(CAUSE_C.read_text())
    return [(CODES[code], kind, reason) for code, kind, reason in found if kind != "none"]


def test_the_words_are_those_of_the_switch() -> None:
    ours = {(kind, reason) for kind, reasons in REASONS.items() for reason in reasons}
    assert ours == {(kind, reason) for _, kind, reason in switchs_own()}
    assert len(CLASS_OF) == len(ours), "no reason stands in two classes"


CLASSES = {
    "denied": Failure.DENIED,
    "caller": Failure.MISUSED,
    "site": Failure.INTERNAL,
    "unavailable": Failure.INTERNAL,
    "undecided": Failure.INTERNAL,
    "untraceable": Failure.TRACELESS,
}


@pytest.mark.parametrize(("code", "kind", "reason"), switchs_own(), ids=lambda word: str(word))
def test_a_cause_that_is_told_decides(code: int, kind: str, reason: str) -> None:
    found = classify(Seen(code, err="LCMAPS failed.\n" + cause_line(kind, reason, code)))
    assert found is (Failure.AMBIGUOUS if reason == "lcmaps-refused" else CLASSES[kind])


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (201, Failure.MISUSED),
        (202, Failure.INTERNAL),
        (203, Failure.AMBIGUOUS),  # both "no" and "nobody answers": Nikhef wiki, Exit codes of gLExec
        (126, Failure.AMBIGUOUS),
        (127, Failure.AMBIGUOUS),
        (204, Failure.AMBIGUOUS),
        (0, Failure.AMBIGUOUS),  # all is well, says the switch, and no payload ever spoke
        (1, Failure.AMBIGUOUS),
        (134, Failure.AMBIGUOUS),
        (-9, Failure.AMBIGUOUS),
        (None, Failure.INTERNAL),  # it never came back
    ],
)
def test_without_a_cause_the_code_says_what_it_can(code: int | None, failure: Failure) -> None:
    assert classify(Seen(code)) is failure


@pytest.mark.parametrize("code", [0, 1, 126, 127, 201, 202, 203, 204, 255, -9, -11, None])
def test_what_has_started_is_the_payload_whatever_it_ends_with(code: int | None) -> None:
    forged = cause_line("unavailable", "timed-out", 203)
    assert classify(Seen(code, err=forged, started=True)) is Failure.PAYLOAD
    assert Seen(code, err=forged, started=True).cause is None, "a payload's last words are no word of the switch"


@pytest.mark.parametrize("code", [203, 126, 127, -9, 0])
def test_a_canary_settles_what_is_ambiguous(code: int) -> None:
    assert classify(Seen(code), Canary.FAILED) is Failure.INTERNAL
    assert classify(Seen(code), Canary.PASSED) is Failure.DENIED
    assert classify(Seen(code), Canary.DENIED) is Failure.DENIED


def test_a_canary_changes_nothing_that_is_known() -> None:
    denied = Seen(203, err=cause_line("denied", "banned", 203))
    assert classify(denied, Canary.FAILED) is Failure.DENIED
    assert classify(Seen(202), Canary.PASSED) is Failure.INTERNAL


def test_a_canary_is_judged_by_what_came_of_it() -> None:
    assert canary_of(Seen(0)) is Canary.PASSED
    assert canary_of(Seen(203)) is Canary.FAILED
    assert canary_of(Seen(None)) is Canary.FAILED
    assert canary_of(Seen(203, err=cause_line("unavailable", "timed-out", 203))) is Canary.FAILED
    assert canary_of(Seen(203, err=cause_line("denied", "caller-not-listed", 203))) is Canary.DENIED
    assert canary_of(Seen(201)) is Canary.DENIED, "the pilot's own mistake says nothing of the switch"


@pytest.mark.parametrize(
    "err",
    [
        "",
        "[gLExec]: cause class=denied reason=banned code=202\n",  # another code
        "[gLExec]: cause class=unavailable reason=banned code=203\n",  # a reason of another class
        "[gLExec]: cause class=denied reason=whatever code=203\n",
        "[gLExec]: cause class=denied reason=banned code=203\nand then something else\n",
        "x [gLExec]: cause class=denied reason=banned code=203\n",
        "[gLExec]: cause class=denied reason=banned code=" + "9" * 5000 + "\n",
    ],
    ids=["nothing", "code", "class", "reason", "not last", "not first", "huge"],
)
def test_a_line_that_contradicts_itself_tells_nothing(err: str) -> None:
    assert told(err, 203) is None


@pytest.mark.parametrize("code", [0, 1, 127, 128 + 9, 204])
def test_a_line_with_a_code_that_the_switch_never_ends_with_itself_tells_nothing(code: int) -> None:
    """Another process of the payload's account may write it there, and then end the payload's shell."""
    forged = Seen(code, err=cause_line("unavailable", "service-silent", code))
    assert (forged.cause, classify(forged, Canary.PASSED)) == (None, Failure.DENIED)


def test_the_last_line_tells_the_cause() -> None:
    assert told("LCMAPS failed.\n" + cause_line("denied", "banned", 203), 203) == Cause("denied", "banned")


def test_what_follows_from_each_class() -> None:
    assert [failure.letter for failure in Failure] == list("DMEAPT")
    runs = {failure.letter: follows.run for failure, follows in FOLLOWS.items()}
    assert runs == {
        "D": Run.NEVER,
        "M": Run.AFTER_REPAIR,
        "E": Run.BY_QUESTION_4,
        "A": Run.AFTER_CANARY,
        "P": Run.RAN,
        "T": Run.UNLESS_REQUIRED,
    }
    assert {failure.letter for failure, follows in FOLLOWS.items() if follows.question_4} == set("EAT")
