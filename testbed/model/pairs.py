"""A cut of many cells in which any two words that stand together in some cell still do."""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Sequence

from testbed.model.cell import Cell

Pair = tuple[tuple[str, object], tuple[str, object]]


def pairwise(cells: Sequence[Cell]) -> list[Cell]:
    """Few of the cells, in their order, and the same ones each time.

    What only a third word would bring out may be missed: that is for the whole to show. Of the cells that bring as many
    new pairs, the one is taken of which the others have been had least often, so that nobody stands with one word only.
    """
    of = {cell: _pairs(cell) for cell in cells}
    missing = set(itertools.chain.from_iterable(of.values()))
    had: Counter[Pair] = Counter()
    chosen: set[Cell] = set()
    while missing:
        best = max(of, key=lambda cell: (len(of[cell] & missing), -sum(had[pair] for pair in of[cell])))
        chosen.add(best)
        had.update(of[best])
        missing -= of[best]
    return [cell for cell in cells if cell in chosen]


def _pairs(cell: Cell) -> frozenset[Pair]:
    words = [(field.name, getattr(cell, field.name)) for field in dataclasses.fields(cell)]
    return frozenset(itertools.combinations(words, 2))
