"""Raids that are made ahead, by a second thread, while scenarios look at those that are there: machines boot meanwhile.

Who comes to a raid first makes it, `testbed.plugin.raids.raid`; each has a world to itself.
"""

import contextlib
from collections.abc import Iterable, Iterator
from threading import Event, Thread

import pytest

from testbed.model.attack import Stage
from testbed.model.catalogue import CATALOGUE
from testbed.model.cell import Cell
from testbed.model.kernel import Kernel
from testbed.model.mode import Mode
from testbed.plugin.item import cell_of
from testbed.plugin.raids import Where, proofs, raid
from testbed.plugin.suite import Suite, Worlds
from testbed.site.choice import Choice

FIRST = (Mode.VM, Mode.CONTAINER, Mode.LOG_ONLY, Mode.SETUID, Mode.NONE)
"""What takes longest comes first, and modes of one site together: they share warm worlds. Scenarios begin with none."""
ENDS = 8.0
"""Seconds for the raid that is being made when a run is interrupted; most take less. A longer one ends with its world,
which is swept away with all that is the run's (`testbed.lab.run`)."""


@contextlib.contextmanager
def made_ahead(suite: Suite, worlds: Worlds, wheres: Iterable[Where]) -> Iterator[None]:
    """Make these raids beside whatever goes on, until it ends. What goes wrong with one is told to who asks for it."""
    over = Event()

    def in_turn() -> None:
        for where in wheres:
            if over.is_set():
                return
            if where not in suite.raids:
                with contextlib.suppress(Exception):
                    raid(suite, worlds, where)

    thread = Thread(target=in_turn, name="raids ahead", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(ENDS)


def needed(items: Iterable[pytest.Item], choice: Choice) -> list[Where]:
    """The raids that scenarios look at, and those that prove something for these, in the order that suits `FIRST`.

    But for loads: the kernel counts a uid's processes in all worlds together, so no two of them may be at once.
    """
    found = dict.fromkeys(where for item in items for where in _of(item, choice) if where.stage is not Stage.LOAD)
    return sorted(found, key=lambda where: FIRST.index(where.mode))


def _of(item: pytest.Item, choice: Choice) -> Iterator[Where]:
    cell, fixtures = cell_of(item), getattr(item, "fixturenames", ())
    if cell and cell.attack and "control" in fixtures and CATALOGUE[cell.attack].controlled_in(cell.mode):
        yield Where(cell.mode, cell.authority, Stage.WITHIN)
    elif cell and "raid" in fixtures and _protects(cell, choice) is not None:
        yield Where.of(cell)
        if cell.attack and _protects(cell, choice):
            yield from (where for where, _ in proofs(cell, CATALOGUE[cell.attack]))


def _protects(cell: Cell, choice: Choice) -> bool | None:
    """Whether the attack of a cell is blocked by usual kernels; ``None`` where there is nothing of the kind."""
    site, _ = choice.site_for(cell.mode, cell.authority)
    outcome = choice.expectation(cell, site, Kernel()).outcome if site else None
    return outcome.protects if outcome else None
