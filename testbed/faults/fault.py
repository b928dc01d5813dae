"""A fault: broken on purpose, with proof that it was felt and proof that it healed."""

import contextlib
from collections.abc import Iterator
from typing import Protocol

from testbed.lab.host import Host
from testbed.model.fault import Fault
from testbed.model.problem import Problem


class Breakage(Protocol):
    """The four steps. `felt` and `healed` look at the world, never at what `inject` and `heal` believe."""

    def inject(self, node: Host) -> None: ...

    def felt(self, node: Host) -> bool: ...

    def heal(self, node: Host) -> None: ...

    def healed(self, node: Host) -> bool: ...


class Unfelt(Problem):
    """The fault did not take effect, so nothing that was seen under it says anything."""


@contextlib.contextmanager
def broken(kind: Fault, breakage: Breakage, node: Host) -> Iterator[None]:
    """A world in which the fault is felt, and afterwards one in which it is healed."""
    breakage.inject(node)
    try:
        if not breakage.felt(node):
            raise Unfelt(f"the fault {kind} was injected but is not felt", where=node.name)
        yield
    finally:
        breakage.heal(node)
    if not breakage.healed(node):
        raise Problem(f"the fault {kind} was healed but is still felt", where=node.name)
