"""Making this machine ready for worlds, phase by phase: engine, Compose, base image, images."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from testbed.lab import images
from testbed.lab.engine_images import DockerImages
from testbed.lab.machine import base, compose, engine
from testbed.lab.machine.address import Address
from testbed.lab.machine.phases import Say, phase, tell


@dataclass(frozen=True, slots=True)
class Ready:
    """What a machine has once it is ready."""

    address: Address
    """Where the engine is."""
    version: str
    """The engine's version."""


def make_ready(say: Say = tell, *, with_compose: bool = True) -> Ready:
    """Find, install or build all that a world needs; one line a phase. Two at a time wait for each other."""
    with _alone():
        with phase("engine", say) as going:
            found, going.detail = engine.ensure(say)
        if with_compose:
            with phase("compose", say) as going:
                going.detail = compose.ensure(say)
        store = DockerImages(found.address)
        with phase("base image", say) as going:
            going.detail = base.ensure(store, say)
        with phase("images", say) as going:
            going.detail = images.ensure(store)
    return Ready(found.address, found.version)


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the repository itself as the lock: it needs no file of its own, and ends with its holder."""
    with (images.ROOT / "pyproject.toml").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
