"""The table of bad credentials in docs/failures.md is that of the model."""

from pathlib import Path

from testbed.credentials.zoo import MEMBERS
from testbed.model.failure import Failure
from testbed.model.spoilt import SPOILT, Door, Queue
from testbed.report.spoilt import table
from tests.pilot.test_bad_proxy import BAD

DOC = Path(__file__).parents[2] / "docs/failures.md"


def test_the_documented_table_of_bad_credentials_is_that_of_the_model() -> None:
    assert table() in DOC.read_text(), f"put this into {DOC.name}:\n{table()}"


def test_the_words_for_what_is_wrong_are_those_of_the_zoo_and_of_the_tests_of_the_door() -> None:
    assert {"expired", "not yet valid", "wrong key", "no key", "limited"} <= set(MEMBERS) & set(SPOILT)
    refused = {"expired", "not yet valid", "of an authority nobody trusts", "with the key of another", "without a key"}
    assert refused <= set(BAD)


def test_only_what_nobody_decided_is_question_4s() -> None:
    """R6: who is refused is not run; what the pilot can mend is no internal error."""
    assert [name for name, each in SPOILT.items() if "B" in each.then] == ["a list of revocation that is too old"]
    assert {each.failure for each in SPOILT.values()} == {
        *(Failure.MISUSED, Failure.DENIED, Failure.INTERNAL, Failure.PAYLOAD),
    }
    assert all(each.source for each in SPOILT.values())
    assert all(each.queue is not Queue.WAITS for each in SPOILT.values() if each.door is not Door.REFUSED)
