"""The declaration of a scenario: in which cells it runs, and which requirements of the policy it shows."""

from collections.abc import Callable

import pytest

from testbed.model.cell import cells
from testbed.model.pairs import pairwise
from testbed.model.problem import Problem
from testbed.model.requirement import requirement


def matrix(*, pairs: bool = False, **axes: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a scenario in every cell of the declaration: words of an axis separated by blanks, axes multiplied.

    With ``pairs`` every run has a cell for any two words, and only ``-m slow`` the others: for three axes and more.

    >>> @matrix(mode="setuid log-only vm", user="alice bob")
    ... def test_the_payload_runs_as_who_the_oracle_says(pilot, expect):
    ...     assert pilot.run("id -un") == expect
    """
    try:
        declared = list(cells(**axes))
        usual = set(pairwise(declared)) if pairs else set(declared)
        parameters = [
            pytest.param(cell, id=cell.id, marks=() if cell in usual else pytest.mark.slow) for cell in declared
        ]
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from None
    return pytest.mark.parametrize("cell", parameters)


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
