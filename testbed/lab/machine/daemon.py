"""The engine as a daemon of this machine: by systemd where it runs, else as a process of its own.

What an engine that was killed leaves behind can keep the next one from starting: a file with a process number that now
belongs to somebody else. Such files are removed; the rest (sockets, its containerd, half-removed containers) the engine
takes over or clears away itself when it starts.
"""

import subprocess
from pathlib import Path

from testbed.lab.machine import command

LOG = Path("/var/log/glexec-testbed-dockerd.log")
PID = Path("/var/run/docker.pid")
"""Where dockerd itself writes its process number."""
PID_FILES = {
    PID: "dockerd",
    Path("/var/run/docker/containerd/containerd.pid"): "containerd",
    Path("/var/run/docker/containerd/daemon/containerd.pid"): "containerd",
}
"""The files in which process numbers are kept, and whose they are."""


def start() -> subprocess.Popen[bytes] | None:
    """Start the engine; gives its process where it is our child, nothing where systemd has it."""
    if systemd():
        command.run(["systemctl", "start", "docker"], limit=90)
        return None
    for path, program in PID_FILES.items():
        drop_stale(path, program)
    with LOG.open("ab") as log:
        return subprocess.Popen(
            ["dockerd"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=command.surroundings(),
            start_new_session=True,
        )


def running() -> int:
    """The process number of the engine that runs as a daemon of its own; 0 when none does."""
    return _owner(PID, "dockerd", Path("/proc"))


def drop_stale(path: Path, program: str, processes: Path = Path("/proc")) -> bool:
    """Remove a file that names a process which is not ``program``, or none at all. Whether it was removed."""
    if not path.exists() or _owner(path, program, processes):
        return False
    path.unlink(missing_ok=True)
    return True


def _owner(path: Path, program: str, processes: Path) -> int:
    """The process that a file names if it is this program and alive; one that only waits to be reaped is not."""
    try:
        number = path.read_text().strip()
        told = (processes / number / "stat").read_text() if number.isdecimal() else ""
    except OSError:
        return 0
    name, _, rest = told.partition(" (")[2].rpartition(") ")
    return int(number) if name == program and not rest.startswith("Z") else 0


def give_up(process: subprocess.Popen[bytes] | None) -> None:
    """End an engine that we started and that never answered."""
    if process is not None:
        command.stop(process)


def systemd() -> bool:
    """Whether systemd runs this machine."""
    return Path("/run/systemd/system").is_dir()


def how() -> str:
    """How the engine is started here, in words."""
    return "by systemd" if systemd() else f"log {LOG}, process number {PID}"


def remedy() -> str:
    """The command that starts the engine here."""
    return "systemctl start docker" if systemd() else f"dockerd >>{LOG} 2>&1 &"


def log_place() -> str:
    """Where to read on."""
    return "journalctl -u docker" if systemd() else str(LOG)


def log_end() -> str:
    """The last lines of the engine's log, without its chatter."""
    if systemd():
        log = command.run(["journalctl", "-u", "docker", "-n", "200", "--no-pager"], limit=10)
    else:
        try:
            log = LOG.read_text(errors="replace")
        except OSError as error:
            return f"(no log: {error})"
    return command.last_lines("\n".join(line for line in log.splitlines() if "level=info" not in line), 10)
