"""A host of the authority in a world: its container, and the control port by which it is broken and asked."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from testbed.credentials.grid import Grid
from testbed.lab.control import Control
from testbed.lab.engine import Container, Engine, Spec
from testbed.model.problem import Problem

DECISIONS = "decisions.jsonl"
"""The decision log in the evidence."""
CAPABILITIES = ("NET_ADMIN",)
"""So that its network can be broken from within. No payload ever runs here."""

READY = 10.0
"""Seconds within which its service must begin again, or be gone."""
KILL = """\
import os, pathlib, signal, time
def there():
    lines = [(path, path.read_bytes().split(b"\\0")) for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")]
    return [int(path.parent.name) for path, words in lines if b"testbed.authority" in words]
while pids := there():
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.01)
"""
EMPTY = "rm -f /etc/testbed-authority/gridmapdir/%*"
"""Gives every account back: a lease is a second name of it, encoded."""
BEGIN = "setsid python3 -m testbed.authority --folder /etc/testbed-authority >/proc/1/fd/2 2>&1 &"


@dataclass(frozen=True, slots=True)
class AuthorityHost:
    """One host: ``authority`` or ``authority-2`` in evidence, and the name under which the worker node asks it."""

    label: str
    name: str
    container: Container
    control: Control

    def reset(self) -> list[str]:
        """Back to how it began; what keeps it from that (empty: clean)."""
        try:
            self.control.reset()
            if self.control.begun_again:  # what it had leased when it was killed is to it the leases of its start
                self.container.execute(["sh", "-c", EMPTY], limit=READY)
        except Problem as problem:
            return [f"{self.label}: {problem}"]
        return []

    def kill(self) -> None:
        """Its service gets SIGKILL and is gone; the host stays, and its log."""
        self.container.execute(["python3", "-c", KILL], limit=READY)

    def begin_again(self) -> None:
        """Its service begins anew, as it did with the host. Raises `Problem` when it does not get ready."""
        self.control.begun_again = True
        self.container.execute(["sh", "-c", BEGIN], limit=READY)
        if not self.control.wait(READY):
            raise Problem("a killed authority does not begin again", where=self.name, found=self.container.logs())

    def evidence(self, folder: Path) -> None:
        """Keep what its first process wrote, and its decision log."""
        (folder / f"{self.label}.log").write_text(self.container.logs(lines=2000))
        with contextlib.suppress(Problem):  # one that is gone has left its container's log above
            decisions = self.control.raw_log()
            (folder / self.label).mkdir(exist_ok=True)
            (folder / self.label / DECISIONS).write_bytes(decisions)

    def stop(self) -> None:
        """End it."""
        self.control.close()
        self.container.stop()


def start(engine: Engine, spec: Spec, label: str, grid: Grid, within: float) -> AuthorityHost:
    """Start a host and wait until its control port answers."""
    return ready(label, spec.hostname, engine.start(spec), grid, within)


def ready(label: str, name: str, container: Container, grid: Grid, within: float) -> AuthorityHost:
    """The host in a container, as soon as its control port answers; its last log lines when it does not."""
    control = Control(name, container.address, grid)
    if not control.wait(within):
        raise Problem(
            f"a host of the authority did not become ready within {within:g} s",
            where=container.name,
            found=container.logs() or "(it wrote nothing)",
            remedy=f"docker logs {container.name}",
        )
    return AuthorityHost(label, name, container, control)
