"""Cells: ids that stay, and words that are checked."""

import itertools

import pytest

from testbed.model.attack import Attack
from testbed.model.cell import AXES, Cell, cells
from testbed.model.fault import Fault
from testbed.model.mode import Mode
from testbed.model.problem import Problem


@pytest.mark.parametrize("axes", list(itertools.combinations(AXES, 2)), ids="-".join)
def test_every_cell_is_found_again_by_its_id(axes: tuple[str, str]) -> None:
    """Each word beside each of every other axis, all else being both usual and the last that there is."""
    some = list(cells(**{"mode": "setuid", **{axis: " ".join(AXES[axis]) for axis in axes}}))
    last = {axis: words[-1] for axis, words in AXES.items()}
    full = list(cells(**{**last, **{axis: " ".join(AXES[axis]) for axis in axes}}))
    for found in (some, full):
        assert len({cell.id for cell in found}) == len(found)
        assert [Cell.parse(cell.id) for cell in found] == found


def test_defaults_are_left_out_of_an_id() -> None:
    assert Cell(Mode.SETUID).id == "setuid-gridmap"
    assert Cell(Mode.LOG_ONLY, fault=Fault.NO_CONFIG).id == "log-only-gridmap-no-config"
    assert Cell(Mode.NONE, user="bob", attack=Attack.BOBS_PROXY).id == "none-gridmap-bob-bobs-proxy"


def test_axes_are_multiplied_in_their_order() -> None:
    assert [cell.id for cell in cells(mode="none vm", user="alice bob")] == [
        "none-gridmap",
        "none-gridmap-bob",
        "vm-gridmap",
        "vm-gridmap-bob",
    ]


@pytest.mark.parametrize(
    ("text", "near"),
    [("setiud-gridmap", "setuid"), ("setuid-gridmap-bobs-proxi", "bobs-proxy"), ("setuid-gridmap-", ""), ("", "")],
)
def test_an_unknown_id_is_answered_with_the_nearest_word(text: str, near: str) -> None:
    with pytest.raises(Problem, match="no cell has the id") as caught:
        Cell.parse(text)
    assert near in str(caught.value)


def test_an_unknown_word_names_the_words_of_its_axis() -> None:
    with pytest.raises(Problem) as caught:
        list(cells(mode="none setiud"))
    assert "'setuid'" in str(caught.value)
    assert "none, log-only, setuid, container, vm" in str(caught.value)


def test_an_unknown_axis_names_the_axes() -> None:
    with pytest.raises(Problem, match="unknown axis 'mod'"):
        list(cells(mod="none"))
