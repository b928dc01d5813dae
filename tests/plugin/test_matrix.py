"""What of a declaration every run has, and what only `-m slow`."""

import pytest

from testbed.plugin import matrix

AXES = {"mode": "log-only setuid", "authority": "argus scas gums", "fault": "refused deny"}


def usual(**how: object) -> tuple[list[str], list[str]]:
    """The ids of the cells of every run, and of the slow ones."""

    @matrix(**AXES, **how)  # type: ignore[arg-type]
    def scenario() -> None: ...

    (mark,) = scenario.pytestmark  # type: ignore[attr-defined]
    cells = mark.args[1]
    return [each.id for each in cells if not each.marks], [each.id for each in cells if each.marks]


def test_all_cells_are_of_every_run_unless_told() -> None:
    every, left = usual()
    assert (len(every), left) == (12, [])


def test_what_has_a_word_that_is_to_be_slow_is_left_to_the_slow_run() -> None:
    every, left = usual(slow="log-only")
    assert {name.startswith("setuid-") for name in every} == {True}
    assert {name.startswith("log-only-") for name in left} == {True}
    assert len(every) == len(left) == 6


def test_in_pairs_every_fault_meets_every_authority() -> None:
    every, left = usual(pairs=True)
    assert len(every) == len(left) == 6
    assert {name.removeprefix("setuid-").removeprefix("log-only-") for name in every} == {
        f"{authority}-{fault}" for authority in ("argus", "scas", "gums") for fault in ("refused", "deny")
    }


def test_a_slow_word_that_no_cell_has_is_a_mistake() -> None:
    with pytest.raises(pytest.UsageError, match="no cell has 'vm', which is to be slow"):
        matrix(**AXES, slow="vm")
