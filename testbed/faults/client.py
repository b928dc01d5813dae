"""Asks the services of a world as its worker node does: with the pilot's proxy, on a user's behalf."""

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from testbed.credentials import name
from testbed.faults.question import Question, Subject, question
from testbed.faults.reading import read
from testbed.faults.sight import Sight, Target, look
from testbed.faults.signs import well
from testbed.lab.authority import AuthorityHost
from testbed.lab.world import World

LIMIT = 5.0
"""Seconds for a service that is well; usual is a hundredth of it."""
GLANCES = (0.3, 1.5)
"""Seconds after which a service that is to be silent counts as silent; the second where the machine is busy."""


def sights(world: World, limit: float = LIMIT, user: str = "alice") -> list[Sight]:
    """What each service of the world answers now, the first endpoint's first."""
    hosts = world.authorities
    with ThreadPoolExecutor(len(hosts)) as clients:
        return list(clients.map(lambda host: sight(world, host, limit, user), hosts))


def sight(world: World, host: AuthorityHost, limit: float = LIMIT, user: str = "alice") -> Sight:
    """What one of them answers."""
    asked = asking(world, user)
    with _kept(world.grid.read(world.grid.bearer("pilot").file)) as proxy:
        authorities = world.grid.read("authority/ca.cert.pem").decode()
        target = Target(host.name, host.control.address, asked.port, asked.path, authorities, proxy)
        return look(target, asked.headers, asked.body, limit)


def accounts(sight: Sight) -> tuple[str, ...]:
    """The account of an answer: its names, or its numbers."""
    return read(sight.body).values if well(sight) else ()


def asking(world: World, user: str = "alice") -> Question:
    """The question whether a user may run something on the world's node."""
    bearer, pilot = world.grid.bearer(user), world.grid.bearer("pilot")
    issuer = name.one_line(name.of_authority())
    proxy = world.grid.read(bearer.file).decode()
    subject = Subject(bearer.dn, issuer, bearer.fqans, proxy)
    return question(world.site.authority, subject, pilot.dn, world.node_name)


@contextmanager
def _kept(content: bytes) -> Iterator[str]:
    """A path for who wants one: nobody else can open it, and it is gone afterwards."""
    with tempfile.NamedTemporaryFile(prefix="asker-") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        yield file.name
