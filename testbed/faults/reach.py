"""How far the worker node itself gets to the services of its world: the words of ``node/probes/reach.py``."""

from concurrent.futures import ThreadPoolExecutor
from importlib import resources

from testbed.faults.client import asking
from testbed.lab.authority import AuthorityHost
from testbed.lab.layout import SECURITY
from testbed.lab.world import World

GLANCES = (0.4, 2.0)
"""Seconds after which the node counts as waiting in vain; the second where the machine is busy."""
PATIENCE = 5.0
"""Seconds within which a whole network lets it through."""
START = 5.0
"""Seconds more for Python to start and to say so, on a machine that has other things to do."""


def stuck(world: World, *ways: str) -> bool:
    """Whether the node waits in vain for every service, in one of these ways."""
    return any(all(each in ways for each in reaches(world, limit)) for limit in GLANCES)


def reaches(world: World, limit: float | None = None, *, revocation: bool = False) -> list[str]:
    """Where each attempt ended, the first endpoint's first: ``done``, ``connect timed out``, ``resolve unknown``.

    All are tried at the same time: who waits in vain for one does so for the others.
    """
    limit = PATIENCE if limit is None else limit
    source = resources.files("testbed.node").joinpath("probes", "reach.py").read_bytes()
    words = [str(asking(world).port), f"{limit:g}", *([f"{SECURITY}/certificates"] if revocation else [])]

    def tried(host: AuthorityHost) -> str:
        return world.node.run(["python3", "-", host.name, *words], stdin=source, limit=limit + START).text

    with ThreadPoolExecutor(len(world.authorities)) as attempts:
        return list(attempts.map(tried, world.authorities))
