"""What a pilot's framework keeps running beside its payloads: ``python3 - TOKEN ORDER < daemon.py``, as the pilot.

It has what such daemons have: arguments, an environment, memory and an open proxy; a program that is run again and
again, a folder for files of jobs, a file for its group, the batch system's cookie; a service on loopback and one on an
abstract socket, which do what they are asked to by anybody; and a helper that may dump core. ORDER is JSON: ``proxy``,
the file that it has open; ``careful``, whether no folder of it is for everybody; ``asks_peers``, whether its abstract
socket serves its own account only; ``limit`` in seconds.

It goes into the background and prints one JSON line with where everything is, ``words`` and ``pid`` among it. When it
ends, by SIGTERM or by its limit, it writes into the file ``words`` what it has felt, and takes everything else away.
"""

import ctypes
import hashlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROGRAM = "#!/usr/bin/python3\n# {token}: what the framework runs again and again\nprint('well')\n"
LARGEST = 4096
FEEL = 2.0
"""Seconds that somebody who has connected may take to say something."""


def hash_of(path: Path) -> str:
    """What a file holds now, or that it is gone."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def keep(path: Path, content: str, mode: int) -> Path:
    """A file with this mode, whatever the umask is."""
    path.write_text(content)
    path.chmod(mode)
    return path


class Folder:
    """What lies around of it. The folder itself is for everybody to look into: the mode of each thing decides."""

    def __init__(self, token: str, careful: bool) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="framework-", dir="/tmp"))
        self.path.chmod(0o755)
        self.program = keep(self.path / "program.py", PROGRAM.format(token=token), 0o755)
        self.jobs = self.path / "jobs"
        self.jobs.mkdir()
        keep(self.jobs / "job.json", json.dumps({"job": token}), 0o644)
        self.jobs.chmod(0o700 if careful else 0o777)
        spool = self.path / "spool"
        spool.mkdir()
        spool.chmod(0o755)
        self.cookie = keep(spool / "job-cookie", f"{token}-cookie\n", 0o600)
        # Made as frameworks make files that their group shall have: 0660, of which the umask leaves what it likes.
        os.umask(0o077 if careful else 0o002)
        self.group_file = self.path / "group-file"
        os.write(os.open(self.group_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660), f"{token}-group\n".encode())
        self.cores = self.path / "cores"
        self.cores.mkdir()
        self.cores.chmod(0o755)
        self._program = hash_of(self.program)

    def felt(self) -> dict[str, Any]:
        """What others did to it."""
        return {
            "program": hash_of(self.program) != self._program,
            "planted": sorted({path.name for path in self.jobs.iterdir()} - {"job.json"}),
        }


class Services:
    """Two services that say their secret to whoever asks for a job, and count whom they served."""

    def __init__(self, token: str, asks_peers: bool) -> None:
        self._asks_peers = asks_peers
        self.served = {"loopback": 0, "abstract": 0}
        self.name = f"framework-{os.urandom(8).hex()}"
        abstract, loopback = socket.socket(socket.AF_UNIX), socket.socket()
        abstract.bind(f"\0{self.name}")
        loopback.bind(("127.0.0.1", 0))
        self.port = loopback.getsockname()[1]
        self.sockets = {abstract.fileno(): ("abstract", abstract), loopback.fileno(): ("loopback", loopback)}
        for _, each in self.sockets.values():
            each.listen()
        self._token = token

    def serve(self, number: int) -> None:
        """One who has connected."""
        kind, listening = self.sockets[number]
        plug, _ = listening.accept()
        with plug:
            plug.settimeout(FEEL)
            try:
                asked = plug.recv(LARGEST)
                if asked and self._may(kind, plug):
                    plug.sendall(f"{self._token}-{kind}\n".encode())
                    self.served[kind] += 1
            except OSError:
                pass  # he has gone again

    def _may(self, kind: str, plug: socket.socket) -> bool:
        """Whether the kernel says that it is somebody of our account. Of loopback it does not say that."""
        if not self._asks_peers or kind == "loopback":
            return True
        of = struct.unpack("3i", plug.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))  # pid, uid, gid
        return bool(of[1] == os.getuid())


def helper(folder: Path) -> int:
    """A process that waits, and leaves its memory in this folder when it ends badly; its number."""
    pid = os.fork()
    if pid:
        return pid
    try:
        silent()
        os.chdir(folder)
        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))
        for kind in (signal.SIGTERM, signal.SIGCONT):
            signal.signal(kind, signal.SIG_DFL)
        signal.pause()
    finally:
        os._exit(0)


def own() -> dict[str, Any]:
    """What somebody may have changed of this process."""
    return {
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "processors": sorted(os.sched_getaffinity(0)),
        "limits": list(resource.getrlimit(resource.RLIMIT_NOFILE)),
    }


class Signals:
    """SIGTERM and SIGCONT as something to be read. Who gets SIGCONT, and did not stop himself, was stopped."""

    def __init__(self) -> None:
        self.continued, self.over = 0, False
        self.read_end, self._write_end = os.pipe()
        for number in (self.read_end, self._write_end):
            os.set_blocking(number, False)
        signal.set_wakeup_fd(self._write_end)
        for kind in (signal.SIGTERM, signal.SIGCONT):
            signal.signal(kind, lambda number, frame: None)

    def take(self) -> None:
        """Count what has come."""
        for kind in os.read(self.read_end, LARGEST):
            self.continued += kind == signal.SIGCONT
            self.over = self.over or kind == signal.SIGTERM


def attend(services: Services, signals: Signals, limit: float) -> None:
    """Serve until somebody ends it, or its time is up."""
    deadline = time.monotonic() + limit
    watched = [signals.read_end, *services.sockets]
    while not signals.over and (left := deadline - time.monotonic()) > 0:
        for number in select.select(watched, [], [], left)[0]:
            if number == signals.read_end:
                signals.take()
            else:
                services.serve(number)


def ended(pid: int) -> dict[str, Any]:
    """End the helper, and say how it had ended if it had."""
    found, status = os.waitpid(pid, os.WNOHANG)
    if found:
        return {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, "core": os.WCOREDUMP(status)}
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    return {"signal": 0, "core": False}


def silent() -> None:
    """Let go of the standard streams."""
    nothing = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)


def background() -> None:
    """Go on in a session of its own. Who started us is kept waiting until we have let go of our output."""
    read_end, write_end = os.pipe()
    if os.fork():
        os.close(write_end)
        while piece := os.read(read_end, LARGEST):
            os.write(1, piece)
        os._exit(0)
    os.close(read_end)
    os.setsid()
    os.dup2(write_end, 1)
    os.close(write_end)


def main(token: str, order: dict[str, Any]) -> None:
    """Have everything, say where, attend, say what was felt."""
    background()
    proxy = os.open(order["proxy"], os.O_RDONLY)
    folder = Folder(token, order["careful"])
    try:
        memory = ctypes.create_string_buffer(f"{token}-memory".encode())
        signals, services, spare = Signals(), Services(token, order["asks_peers"]), helper(folder.cores)
        before = own()
        words = Path(tempfile.mkdtemp(prefix="framework-words-", dir="/tmp")) / "words"
        facts = {
            "pid": os.getpid(),
            "helper": spare,
            "memory": ctypes.addressof(memory),
            "descriptor": proxy,
            "program": str(folder.program),
            "jobs": str(folder.jobs),
            "group_file": str(folder.group_file),
            "cookie": str(folder.cookie),
            "cores": str(folder.cores),
            "abstract": services.name,
            "port": services.port,
            "words": str(words),
        }
        print(json.dumps(facts), flush=True)
        silent()
        attend(services, signals, order["limit"])
        after = own()
        felt = {
            "continued": signals.continued,
            "changed": [name for name in before if before[name] != after[name]],
            "served": services.served,
            "helper": ended(spare),
            **folder.felt(),
        }
    finally:
        shutil.rmtree(folder.path)
    part = words.with_suffix(".part")
    part.write_text(json.dumps(felt))
    part.rename(words)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
