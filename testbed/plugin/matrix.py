"""The declaration of a scenario: in which cells it runs, and which requirements of the policy it shows."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import pytest

from testbed.model.cell import Cell, cells
from testbed.model.pairs import pairwise
from testbed.model.problem import Problem
from testbed.model.requirement import requirement


def matrix(*, pairs: bool = False, slow: str = "", **axes: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a scenario in every cell of the declaration: words of an axis separated by blanks, axes multiplied.

    Only ``-m slow`` has the cells with one of the words of ``slow`` and, with ``pairs``, for three axes and more, those
    that are not needed for any two words to have one.

    >>> @matrix(mode="setuid log-only vm", user="alice bob")
    ... def test_the_payload_runs_as_who_the_oracle_says(pilot, expect):
    ...     assert pilot.run("id -un") == expect
    """
    try:
        declared = list(cells(**axes))
        usual = set(pairwise(declared) if pairs else declared) - set(_with(slow.split(), declared))
        parameters = [
            pytest.param(cell, id=cell.id, marks=() if cell in usual else pytest.mark.slow) for cell in declared
        ]
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from None
    return pytest.mark.parametrize("cell", parameters)


def _with(words: Sequence[str], cells: Sequence[Cell]) -> Iterator[Cell]:
    """Those that have one of the words on some axis; a word that none has is a `Problem`."""
    for word in words:
        found = [cell for cell in cells if word in map(str, dataclasses.astuple(cell))]
        if not found:
            raise Problem(f"no cell has {word!r}, which is to be slow")
        yield from found


def shows(*names: str) -> pytest.MarkDecorator:
    """Say which requirements of the policy on multi-user pilots the cells show; for a file, as its ``pytestmark``.

    >>> @shows("R6")
    ... @matrix(mode="setuid", authority="argus", fault="deny")
    ... def test_a_denial_is_final(pilot, expect):
    ...     assert pilot.run("id -un") == expect
    """
    try:
        return pytest.mark.shows(*(requirement(name).name for name in names))
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from None
