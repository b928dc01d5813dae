"""The authority is asked over the network, and what is asked of a scenario is what comes of it on the worker node."""

import contextlib
import re
from collections.abc import Callable, Iterator

import pytest

from testbed.lab.control import Control
from testbed.model.consequence import CONSEQUENCES, Waits
from testbed.model.effect import Effect, refused

BRIEF, PATIENT = 0.3, 1.0
"""Seconds that the modules wait here, so that a service that hangs does not hold the run up: where every endpoint
hangs, and where a second one has to answer within them.
"""
_ENDPOINT = re.compile(r'--?(?:pep-daemon-endpoint-url|endpoints?)\s+[^"\s]+')


@pytest.fixture
def impatient(switch, limited) -> Callable[..., contextlib.AbstractContextManager[int]]:
    """The site's modules wait for so long only, and, unless told, for one endpoint; the number of endpoints then."""

    @contextlib.contextmanager
    def altered(limit: float = BRIEF, endpoints: int = 1) -> Iterator[int]:
        policy = limited(limit)
        there = list(_ENDPOINT.finditer(policy))
        for surplus in reversed(there[endpoints:]):
            policy = policy[: surplus.start()] + policy[surplus.end() :]
        with switch.altered(switch.policy_file, policy):
            yield min(len(there), endpoints)

    return altered


@pytest.fixture
def within(impatient, cell) -> Iterator[float]:
    """The documented limit of a call under the cell's fault, in seconds; the modules wait for as short as they can."""
    consequence = CONSEQUENCES[cell.fault]
    if consequence.waits is Waits.NEVER:
        yield consequence.bound(cell.authority, 0, 0)
        return
    limit = BRIEF if consequence.waits is Waits.EVERY else PATIENT
    with impatient(limit, consequence.endpoints) as endpoints:
        yield consequence.bound(cell.authority, limit, endpoints)


@pytest.fixture
def documented(switch, cell) -> Effect:
    """What a call comes to under the cell's fault."""
    cause = CONSEQUENCES[cell.fault].cause_with(cell.authority)
    return refused(203, cause.kind, cause.reason) if cause else switch.runs()


@pytest.fixture
def control(world) -> Control:
    """The control port of the first endpoint."""
    return world.authorities[0].control
