"""Everything a run of scenarios needs from the machine: engine, run, test grid, warm worlds."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from testbed.credentials.grid import Grid
from testbed.lab import images
from testbed.lab.engine import Engine
from testbed.lab.layout import AUTHORITY, PILOT, WORKER_NODE
from testbed.lab.pool import Pool
from testbed.lab.run import Run, running

IMAGES = {
    WORKER_NODE: images.WORKER_NODE.reference,
    PILOT: images.PILOT.reference,
    AUTHORITY: images.AUTHORITY.reference,
}
"""The image of each host."""


@dataclass(frozen=True, slots=True)
class Lab:
    """An open lab; `opened` makes one and leaves nothing behind."""

    engine: Engine
    run: Run
    grid: Grid
    pool: Pool


@contextlib.contextmanager
def opened(vos: Sequence[str], authority_hosts: Sequence[str] = ()) -> Iterator[Lab]:
    """A lab whose test grid has these VOs and hosts, with certificates and keys that nobody has seen before."""
    engine = Engine()
    with running(engine) as run:
        grid = Grid.from_tar(engine.output(IMAGES[PILOT], _grid_command(vos, authority_hosts), run.labels, limit=30))
        pool = Pool(engine, run, grid, IMAGES)
        try:
            yield Lab(engine, run, grid, pool)
        finally:
            pool.close()


def _grid_command(vos: Sequence[str], authority_hosts: Sequence[str]) -> list[str]:
    wanted = [word for vo in vos for word in ("--vo", vo)]
    wanted += [word for host in authority_hosts for word in ("--service", host)]
    return ["python3", "-m", "testbed.credentials", *wanted, "--out", "-"]
