"""A second VO beside the world's, in the same container: it can be killed and begun anew, and it waits less long."""

import contextlib
import itertools
from collections.abc import Iterator

from testbed.lab.wait import eventually
from testbed.lab.world import World
from testbed.model.problem import Problem
from testbed.pilot.client import Vo

FIRST_PORT = 9000
READY = 10.0
"""Seconds within which it must answer; usual is one."""
LIMIT = 10.0
_BEGIN = (
    'setsid python3 -m testbed.pilot --vo /vo --listen "0.0.0.0:$1" --queue "$2" --lease "$3" >>"$2.log" 2>&1 & echo $!'
)

_numbers = itertools.count(1)


class Spare:
    """A VO as a process; its queue outlives it."""

    def __init__(self, world: World, lease: float) -> None:
        """``lease`` is in seconds: after so many without a word a started payload is taken from its pilot."""
        number = next(_numbers)
        port = FIRST_PORT + number
        self._container = world.pilot
        self._words = [str(port), f"/tmp/queue-{number}", f"{lease:g}"]
        self._process = ""
        grid = world.grid
        proxy = grid.read(grid.bearer("pilot").file)
        self.vo = Vo(world.pilot.address, proxy=proxy, authorities=grid.read("authority/ca.cert.pem"), port=port)

    @classmethod
    @contextlib.contextmanager
    def opened(cls, world: World, lease: float) -> Iterator["Spare"]:
        """One that serves, and is gone afterwards, queue and all."""
        spare = cls(world, lease)
        try:
            spare.begin()
            yield spare
        finally:
            spare.end()

    def begin(self) -> None:
        """Serve with what the queue has. Raises `Problem` when it does not get ready."""
        self._process = self._container.execute(["sh", "-c", _BEGIN, "sh", *self._words], limit=LIMIT).decode().strip()
        if not eventually(lambda: self.vo.ready(limit=READY), within=READY):
            raise Problem("a second VO did not become ready", where=self._container.name, found=self._log())

    def kill(self) -> None:
        """With SIGKILL; it is gone afterwards."""
        script = 'kill -KILL "$1"; while [ -e "/proc/$1/exe" ]; do sleep 0.01; done'
        self._container.execute(["sh", "-c", script, "sh", self._process], limit=LIMIT)

    def _log(self) -> str:
        return self._container.execute(["cat", f"{self._words[1]}.log"], limit=LIMIT).decode(errors="replace")[-2000:]

    def end(self) -> None:
        """Be gone, queue and all."""
        script = 'kill -KILL "$1" 2>/dev/null; rm -f "$2" "$2".log "$2"-wal "$2"-shm'
        self._container.execute(["sh", "-c", script, "sh", self._process, self._words[1]], limit=LIMIT)
