"""A fault: broken on purpose, with proof that it was felt and proof that it healed."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

from testbed.lab.world import World
from testbed.model.fault import Fault
from testbed.model.problem import Problem


class Breakage(Protocol):
    """The four steps. `felt` and `healed` look at the world, never at what `inject` and `heal` believe."""

    def inject(self, world: World) -> None: ...

    def felt(self, world: World) -> bool: ...

    def heal(self, world: World) -> None: ...

    def healed(self, world: World) -> bool: ...


class Unfelt(Problem):
    """The fault did not take effect, so nothing that was seen under it says anything."""


@contextlib.contextmanager
def broken(kind: Fault, breakage: Breakage, world: World) -> Iterator[None]:
    """A world in which the fault is felt, and afterwards one in which it is healed."""
    try:
        breakage.inject(world)
        if not breakage.felt(world):
            raise Unfelt(f"the fault {kind} was injected but is not felt", where=world.node_name)
        yield
    finally:
        breakage.heal(world)
    if not breakage.healed(world):
        raise Problem(f"the fault {kind} was healed but is still felt", where=world.node_name)


@contextlib.contextmanager
def there(what: str, made: contextlib.AbstractContextManager[None], seen: Callable[[], bool]) -> Iterator[None]:
    """A circumstance that is made for a while: seen then, and neither before nor afterwards."""
    if seen():
        raise Problem(f"{what}: seen before it was made")
    with made:
        if not seen():
            raise Unfelt(f"{what}: made, but not seen")
        yield
    if seen():
        raise Problem(f"{what}: undone, but still seen")
