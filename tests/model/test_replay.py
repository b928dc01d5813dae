"""A replay is told as one line and read back; what counts of it is compared, what is for the reader is not."""

import dataclasses

import pytest

from testbed.model.failure import Failure
from testbed.model.outcome import End
from testbed.model.replay import UNASKED, Fate, Replay

SILENT = Fate(End.SILENT, "runs the payload itself, and tells nobody", 203, ("pilot",), Failure.INTERNAL)
REPLAY = Replay(
    "dirac", UNASKED, "setuid", "deny", Failure.DENIED, SILENT, told="glexec failed\n", calls=1, seconds=0.2
)


def test_a_replay_is_read_back_as_it_was_written() -> None:
    again = Replay.parse(REPLAY.json())
    assert again == REPLAY
    assert (again.told, again.calls, again.seconds) == (REPLAY.told, REPLAY.calls, REPLAY.seconds)
    assert "\n" not in REPLAY.json()


@pytest.mark.parametrize("line", ["", "{}", "[]", '{"fate": 1}', REPLAY.json().replace("silently", "loudly")])
def test_what_is_no_replay_is_refused(line: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Replay.parse(line)


def test_a_payload_that_ran_twice_is_another_fate() -> None:
    assert dataclasses.replace(SILENT, ran_as=("pilot", "pool alpha")) != SILENT
    assert dataclasses.replace(SILENT, guess=None) == SILENT


def test_a_denied_user_who_ran_is_told_apart_from_one_who_did_not() -> None:
    assert REPLAY.against_a_denial
    assert REPLAY.exposed
    back = dataclasses.replace(REPLAY, fate=Fate(End.RETURNED, "gives the payload back", 203))
    assert not back.against_a_denial
    assert not back.exposed
    through = dataclasses.replace(REPLAY, truth=Failure.PAYLOAD, switched=True)
    assert not through.exposed
