"""The twelve requirements: each says how well it is known, and points at files that exist."""

from pathlib import Path

import pytest

from testbed.model.requirement import REQUIREMENTS, Known, Requirement

ROOT = Path(__file__).parents[2]
CONFIRMED = {"R1", "R4", "R10", "R12"}
"""What minutes and talks that can still be read confirm; the rest is from memory."""


def test_they_are_twelve_in_order() -> None:
    assert [requirement.name for requirement in REQUIREMENTS] == [f"R{number}" for number in range(1, 13)]


def test_what_is_from_memory_says_so() -> None:
    confirmed = {requirement.name for requirement in REQUIREMENTS if requirement.known is Known.SOURCE}
    assert confirmed == CONFIRMED
    assert all(requirement.source for requirement in REQUIREMENTS if requirement.known is Known.SOURCE)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_it_is_shown_by_files_that_exist_or_says_what_is_lacking(requirement: Requirement) -> None:
    assert [name for name in requirement.shown if not (ROOT / name).is_file()] == []
    assert requirement.shown or requirement.lacks
