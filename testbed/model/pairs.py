"""A cut of many cells in which any two words that stand together in some cell with a meaning still do."""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Sequence

from testbed.model.cell import Cell
from testbed.model.consequence import meant

Pair = tuple[tuple[str, object], tuple[str, object]]


def pairwise(cells: Sequence[Cell]) -> list[Cell]:
    """Few of the cells, in their order, and the same ones each time.

    A fault that an authority cannot have shows nothing there: such a cell stands for no pair, and is left out. What
    only a third word would bring out may be missed: that is for the whole to show. Of the cells that bring as many new
    pairs, the one is taken of which the others have been had least often, so that nobody stands with one word only.
    """
    axes = [field.name for field in dataclasses.fields(Cell) if len({getattr(cell, field.name) for cell in cells}) > 1]
    if len(axes) < 3:
        return list(cells)
    of = {cell: _pairs(cell, axes) for cell in cells if meant(cell)}
    missing = set(itertools.chain.from_iterable(of.values()))
    had: Counter[Pair] = Counter()
    chosen: set[Cell] = set()
    while missing:
        most = max(len(pairs & missing) for pairs in of.values())
        best = min(
            (cell for cell, pairs in of.items() if len(pairs & missing) == most),
            key=lambda cell: sum(had[pair] for pair in of[cell]),
        )
        chosen.add(best)
        had.update(of[best])
        missing -= of.pop(best)
    return [cell for cell in cells if cell in chosen]


def _pairs(cell: Cell, axes: Sequence[str]) -> frozenset[Pair]:
    return frozenset(itertools.combinations([(axis, getattr(cell, axis)) for axis in axes], 2))
