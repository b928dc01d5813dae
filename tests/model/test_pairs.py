"""A cut of many cells leaves no two words without a cell that has both."""

import itertools
from collections import Counter

import pytest

from testbed.model.cell import Cell, cells
from testbed.model.pairs import pairwise

DECLARED = [
    {"mode": "setuid"},
    {"mode": "log-only setuid", "authority": "argus scas gums"},
    {"mode": "log-only setuid", "authority": "argus scas gums", "fault": "refused reset flaky deny"},
    {
        "mode": "log-only setuid",
        "authority": "argus",
        "fault": "refused reset",
        "on_internal_error": "no depends yes",
        "user": "alice bob",
    },
]


def words(cell: Cell) -> set[tuple[object, ...]]:
    return set(itertools.combinations((cell.mode, cell.authority, cell.fault, cell.on_internal_error, cell.user), 2))


@pytest.mark.parametrize("axes", DECLARED)
def test_every_pair_of_words_is_still_there(axes: dict[str, str]) -> None:
    whole = list(cells(**axes))
    part = pairwise(whole)
    assert set().union(*map(words, part)) == set().union(*map(words, whole))
    assert part == [cell for cell in whole if cell in part]


def test_a_pair_that_only_a_cell_without_meaning_has_is_no_pair_that_is_there() -> None:
    """Argus alone can have these faults: with another authority nobody sees them with setuid (docs/failures.md)."""
    axes = {"mode": "log-only setuid", "authority": "argus scas gums", "fault": "wrong-class raw-obligation refused"}
    part = pairwise(list(cells(**axes)))
    seen = {(str(cell.mode), str(cell.fault)) for cell in part if cell.authority == "argus"}
    assert seen >= {(mode, fault) for mode in ("log-only", "setuid") for fault in ("wrong-class", "raw-obligation")}
    assert {str(cell.authority) for cell in part if cell.fault in ("wrong-class", "raw-obligation")} == {"argus"}


def test_two_axes_are_left_whole_and_a_third_one_of_two_words_costs_nothing() -> None:
    whole = list(cells(**DECLARED[2]))
    assert len(pairwise(whole)) == len(whole) / 2
    assert pairwise(list(cells(**DECLARED[1]))) == list(cells(**DECLARED[1]))


def test_no_two_words_are_had_much_more_often_than_others() -> None:
    had = Counter((cell.mode, cell.authority) for cell in pairwise(list(cells(**DECLARED[2]))))
    assert max(had.values()) - min(had.values()) <= 1
