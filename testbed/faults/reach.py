"""How far the worker node itself gets to the services of its world: the words of ``node/probes/reach.py``."""

from importlib import resources

from testbed.faults.client import asking
from testbed.lab.layout import SECURITY
from testbed.lab.world import World

GLANCE = 0.4
"""Seconds after which the node counts as waiting in vain."""
PATIENCE = 5.0
"""Seconds within which a whole network lets it through."""


def reaches(world: World, limit: float = PATIENCE, *, revocation: bool = False) -> list[str]:
    """Where each attempt ended, the first endpoint's first: ``done``, ``connect timed out``, ``resolve unknown``."""
    source = resources.files("testbed.node").joinpath("probes", "reach.py").read_bytes()
    words = [str(asking(world).port), f"{limit:g}", *([f"{SECURITY}/certificates"] if revocation else [])]
    return [
        world.node.run(["python3", "-", host.name, *words], stdin=source, limit=limit + PATIENCE).text
        for host in world.authorities
    ]
