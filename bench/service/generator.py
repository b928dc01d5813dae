"""Asks from a world's worker node: the load generator with a plan, on a processor of its own."""

from collections.abc import Sequence

from bench.place import PLACE
from bench.service import asked
from bench.service.asked import Asked
from bench.service.asking import Question
from testbed.lab.world import LeasedWorld
from testbed.model.entry import Entry, folder

LOAD = "/usr/libexec/bench/load"
PORTS = {"argus": 8154, "scas": 8443, "gums": 8443}
LIMIT = 300.0
"""Seconds for one run; usual are some."""
PAGE = 4096
TICKS = 100
"""Of the kernel's clock in a second, as proc(5) counts processor time."""
FIND = """\
import pathlib
for place in pathlib.Path("/proc").glob("[0-9]*"):
    if b"-m\\0testbed.authority\\0--folder" in (place / "cmdline").read_bytes():
        print(place.name)
"""
SERVICE, CALLERS = "0", "1"
"""The processors of both, where there are two."""


class Generator:
    """The callers on one worker node, all with one pilot's proxy, and the first host of its authority."""

    def __init__(self, world: LeasedWorld, pilot: bytes) -> None:
        self._world = world
        self._host = world.authorities[0]
        entries = [
            folder(PLACE),
            Entry(f"{PLACE}/pilot.pem", pilot, 0o600),
            Entry(f"{PLACE}/authority.pem", world.grid.read("authority/ca.cert.pem")),
        ]
        world.node.put(entries, limit=10)
        self._process = self._inside("python3", "-c", FIND).strip()

    def pin(self) -> None:
        """Leave one processor to the service, the other one to the callers."""
        self._inside("taskset", "-acp", SERVICE, self._process)

    def resident(self) -> int:
        """Bytes of memory that the service has now."""
        return int(self._inside("cat", f"/proc/{self._process}/statm").split()[1]) * PAGE

    def spent(self) -> float:
        """Milliseconds of processor time that the service has taken since its start."""
        user, system = self._inside("cat", f"/proc/{self._process}/stat").rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) * 1000 / TICKS

    def plan(self, questions: Sequence[Question]) -> None:
        """What is asked from now on, by turns."""
        self._world.node.put([Entry(f"{PLACE}/plan", b"".join(each.data for each in questions))], limit=30)

    def ask(self, what: str, port: int, callers: int, calls: int, *, kept: bool = False, within: float = 0.0) -> Asked:
        """So many questions by so many callers, who begin within some seconds."""
        places = [f"{PLACE}/{name}" for name in ("authority.pem", "pilot.pem", "plan")]
        numbers = map(str, (callers, calls, int(kept), int(within * 1000)))
        words = ["taskset", "-c", CALLERS, LOAD, self._address, str(port), self._host.name, *places, *numbers]
        result = self._world.node.run(words, limit=LIMIT)
        result.check()
        return asked.read(what, callers, kept, result.out, int(result.err))

    @property
    def _address(self) -> str:
        return self._host.container.address

    def _inside(self, *command: str) -> str:
        return self._host.container.execute(command, limit=10).decode()
