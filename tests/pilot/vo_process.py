"""A VO as a process of its own, of which the memory can be seen."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from testbed.pilot.client import Vo
from tests.pilot.conftest import Grid

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class VoProcess:
    """A running one."""

    vo: Vo
    pid: int
    err: Path

    @property
    def memory(self) -> float:
        """MiB that it has now (VmRSS, proc(5)). The peak begins anew with that."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        return self._mebibytes("VmRSS")

    @property
    def peak(self) -> float:
        """The most MiB since `memory` was asked for (VmHWM): of a large piece that went back nothing else tells."""
        return self._mebibytes("VmHWM")

    def _mebibytes(self, name: str) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split(f"{name}:")[1].split()[0]) / 1024

    @property
    def log(self) -> list[str]:
        """What it has written."""
        return self.err.read_text().splitlines()


@contextlib.contextmanager
def running(grid: Grid, folder: Path) -> Iterator[VoProcess]:
    """One that serves until the end of the block."""
    argv = [sys.executable, "-m", "testbed.pilot", "--vo", str(grid.folder), "--listen", "127.0.0.1:0"]
    err = folder / "vo.err"
    with (
        err.open("w") as log,
        subprocess.Popen(
            [*argv, "--queue", str(folder / "queue.db")], stdout=subprocess.PIPE, stderr=log, cwd=ROOT, text=True
        ) as process,
    ):
        assert process.stdout
        port = int(process.stdout.readline().rpartition(":")[2])
        ca = grid.authority.identity.certificate_pem
        try:
            yield VoProcess(Vo("127.0.0.1", proxy=grid.proxy("pilot"), authorities=ca, port=port), process.pid, err)
        finally:
            process.kill()
