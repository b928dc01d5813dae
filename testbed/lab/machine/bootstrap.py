"""A bare Debian 13 by mmdebstrap, as a stream: where no registry gives one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from testbed.lab.machine import command
from testbed.lab.machine.mirror import SUITE, Mirror
from testbed.lab.machine.sources import Source

MEMORY = Path("/dev/shm")
ROOM = 3 << 30
"""Bytes of memory beyond which the bootstrap works there: it is twice as fast as on a disk."""
LIMIT = 300.0


class Bootstrap:
    """The tar of a root file system while mmdebstrap makes it. Reading raises a `Problem` where that fails."""

    def __init__(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        self._process = process
        self._log = log

    def read(self, size: int = -1) -> bytes:
        """The next bytes; none only after mmdebstrap ended well."""
        assert self._process.stdout
        if block := self._process.stdout.read(size):
            return block
        code = self._process.wait(LIMIT)
        self._log.seek(0)
        command.finished(["mmdebstrap"], code, self._log.read().decode(errors="replace"))
        return b""


@contextmanager
def bootstrap(mirror: Mirror, dpkg: Path) -> Iterator[Bootstrap]:
    """Make a bare Debian 13 from this machine's mirror, with these settings of dpkg. Leaves nothing behind."""
    with (
        tempfile.TemporaryDirectory(prefix="glexec-testbed-", dir=_work_folder()) as folder,
        tempfile.TemporaryFile() as log,
    ):
        process = subprocess.Popen(
            _argv(mirror, dpkg, Path(folder)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=command.surroundings({"TMPDIR": folder}),
            start_new_session=True,
        )
        try:
            yield Bootstrap(process, log)
        finally:
            command.stop(process)


def _argv(mirror: Mirror, dpkg: Path, folder: Path) -> list[str]:
    return [
        "mmdebstrap",
        "--variant=minbase",
        "--format=tar",
        "--skip=cleanup/apt/lists",  # image builds go on with them
        f"--dpkgopt={dpkg}",
        '--aptopt=Acquire::Languages "none"',
        *(f"--aptopt={setting.rstrip(';')}" for setting in mirror.settings),
        SUITE,
        "-",
        *(_line(source, folder) for source in mirror.sources),
    ]


def _line(source: Source, folder: Path) -> str:
    options = dict(source.options)
    key = options.get("signed-by", "")
    if key.startswith("-----BEGIN"):
        (folder / "mirror.asc").write_text(key + "\n")
        options["signed-by"] = str(folder / "mirror.asc")
    told = " ".join(f"{name}={value}" for name, value in options.items())
    return f"deb {f'[{told}] ' if told else ''}{source.uri} {' '.join(source.suites)} {' '.join(source.components)}"


def _work_folder() -> str | None:
    """Memory where there is plenty, else the usual folder for such things."""
    try:
        told = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(told["MemAvailable"].split()[0]) << 10
        roomy = min(free, shutil.disk_usage(MEMORY).free) > ROOM
    except (OSError, KeyError):
        return None
    return str(MEMORY) if roomy and os.geteuid() == 0 else None
