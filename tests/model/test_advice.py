"""What users are told: for every class and every cause who has to act, and nothing that only a site could use (F38)."""

import pytest

from testbed.model import advice as words
from testbed.model.advice import ACTORS, SITE, VO, YOU, advice, riddles
from testbed.model.effect import Cause
from testbed.model.failure import Failure, class_of
from testbed.model.reasons import CLASS_OF

CAUSES = [Cause(kind, reason) for reason, kind in CLASS_OF.items()]


@pytest.mark.parametrize("cause", CAUSES, ids=str)
def test_every_cause_names_somebody_who_has_to_act_and_no_detail(cause: Cause) -> None:
    said = advice(class_of(cause), cause)
    assert riddles(said) == []
    assert sum(actor in said for actor in ACTORS) == 1


@pytest.mark.parametrize("failure", Failure)
def test_every_class_does_so_where_no_cause_is_told(failure: Failure) -> None:
    assert riddles(advice(failure)) == []


@pytest.mark.parametrize("said", [words.BYPASSED, words.BARRED, words.LOST, words.HUNG, words.WAITS])
def test_and_so_does_every_other_end(said: str) -> None:
    assert riddles(said) == []


@pytest.mark.parametrize(
    ("reason", "actor"),
    [
        ("banned", YOU),
        ("credential-expired", YOU),
        ("caller-not-listed", VO),
        ("no-credential", VO),
        ("configuration", SITE),
        ("service-unreachable", SITE),
        ("account-missing", SITE),
        ("account-refused", SITE),
        ("no-record", SITE),
    ],
)
def test_it_is_the_right_one(reason: str, actor: str) -> None:
    cause = Cause(CLASS_OF[reason], reason)
    assert actor in advice(class_of(cause), cause)


def test_a_payload_that_ran_is_told_of_no_cause() -> None:
    forged = Cause("denied", "banned")
    assert advice(Failure.PAYLOAD, forged) == advice(Failure.PAYLOAD)


RIDDLES = {
    "status 203: LCMAPS failed; The reason can be found in the syslog": "an exit code",
    f"/etc/glexec.conf is missing: {SITE}": "a path",
    f"lcmaps_c_pep.mod did not answer: {SITE}": "a file of the site's",
    f"the service at 10.1.2.3 is away: {SITE}": "an address",
    f"/DC=org/CN=Bob is not you: {YOU}": "a name in a certificate",
    "something went wrong": "nobody who has to act",
    f"Traceback (most recent call last): {VO}": "a traceback",
    f"{YOU}\n{YOU}": "more than one line",
    YOU * 30: "more than 240 letters",
}


@pytest.mark.parametrize("text", RIDDLES)
def test_a_riddle_is_told_for_what_it_is(text: str) -> None:
    assert RIDDLES[text] in riddles(text)
