"""A circumstance counts only where it is seen while it is made, and neither before nor afterwards."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from testbed.faults.fault import Unfelt, there
from testbed.model.problem import Problem


@contextlib.contextmanager
def made(into: list[str], *, stays: bool = False, does_nothing: bool = False) -> Iterator[None]:
    if not does_nothing:
        into.append("made")
    yield
    if not stays:
        into.clear()


def seen(into: list[str]) -> Callable[[], bool]:
    return lambda: bool(into)


def test_what_is_made_and_undone_is_there_meanwhile() -> None:
    place: list[str] = []
    with there("it", made(place), seen(place)):
        assert place
    assert not place


def test_what_is_not_seen_says_nothing() -> None:
    place: list[str] = []
    with pytest.raises(Unfelt, match="not seen"), there("it", made(place, does_nothing=True), seen(place)):
        pytest.fail("it counted as there")


def test_what_is_there_before_or_stays_is_a_problem() -> None:
    place = ["before"]
    with pytest.raises(Problem, match="before it was made"), there("it", made(place), seen(place)):
        pytest.fail("what was there already counted as made")
    place.clear()
    with pytest.raises(Problem, match="still seen"), there("it", made(place, stays=True), seen(place)):
        pass
