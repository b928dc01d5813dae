"""Decisions per second: each face, with a connection for every question and with kept ones, by one caller to many."""

import dataclasses
from collections.abc import Iterator, Sequence

from bench.service import asking, saml
from bench.service.asked import Asked
from bench.service.asking import Question, certificates
from bench.service.generator import Generator
from testbed.lab.world import LeasedWorld

CALLERS = (1, 2, 4, 8, 12, 16, 32, 64)
PUBLISHED = 12
"""With so many callers Argus 1.4 was measured."""
FACES = {"argus": 8154, "scas": 8443, "gums": 8443}
USERS = ("alice", "alice-production", "bob", "carol")
"""By turns. All have VOMS attributes and a pool account."""
WARM = 100
"""Questions before the clock counts."""


def questions(world: LeasedWorld, face: str) -> list[Question]:
    """Everybody's question in the words of one face."""
    host = world.authorities[0].name
    pilot = world.grid.bearer("pilot")
    pools = {pool.prefix: pool for pool in world.site.pools}
    asked = []
    for user in USERS:
        bearer = world.grid.bearer(user)
        chain = certificates(world.grid.read(bearer.file))
        pool = pools[world.site.pool_of(bearer.fqans, bearer.dn) or ""]
        if face == "argus":
            named = asking.named(pool.accounts[0].name)[: -pool.width]  # an account of this pool, whichever
            asked.append(asking.argus(host, chain, certificates(world.grid.read(pilot.file)), named))
        else:
            path = "/" if face == "scas" else saml.GUMS
            answer = f">{pool.accounts[0].uid}"[:-2] if face == "scas" else f">{pool.prefix}0"
            asked.append(saml.saml(host, path, bearer.dn, bearer.fqans, chain, pilot.dn, answer.encode()))
    return asked


def measured(
    world: LeasedWorld, generator: Generator, face: str, calls: int, callers: Sequence[int] = CALLERS
) -> Iterator[Asked]:
    """One face by several numbers of callers, each with so many questions: connections for each one, then kept ones.

    No answer is remembered (PEP daemon, 0 s): every one is decided. That a chain was verified is.
    """
    world.authorities[0].control.lifetimes(pepd=0)
    generator.plan(questions(world, face))
    for kept in (False, True):
        for many in callers:
            generator.ask(face, FACES[face], many, min(WARM, calls), kept=kept)
            before = generator.spent()
            asked = generator.ask(face, FACES[face], many, calls, kept=kept)
            yield dataclasses.replace(asked, service=(generator.spent() - before) / calls)
