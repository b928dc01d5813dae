"""Bob's payload: has secrets and says what could be stolen of it: ``python3 - TOKEN LIMIT < victim.py``.

It has a secret each in a file (0600), in its environment, in its arguments, in its memory, in an open file without a
name, in shared memory and message queues of both kinds, for itself alone (0600) and for everybody (0666); files
where everybody may write, which it looks after; a proxy, and a process that counts the SIGUSR1 it gets. It prints one
JSON line with where they are; another one for each signal and each change of those files, so that its last line holds
what it felt even when it is killed; and one when it ends: by SIGTERM, when the file ``release`` has come to be, or
after LIMIT seconds. Its standard input must be a file: it starts itself anew, so that the kernel shows the secret in
its environment.
"""

import ctypes
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from testbed.node.probes.mqueue import make as make_queue
from testbed.node.probes.mqueue import remove as remove_queue
from testbed.node.probes.sysv import make, remove
from testbed.node.probes.sysv import make_queue as make_messages
from testbed.node.probes.sysv import remove_queue as remove_messages

LOOK = 0.05
"""Seconds between two looks for the file that releases it."""
SHARED_MEMORY = "/dev/shm"
EVERYBODY, READABLE, NOBODY_ELSE = 0o666, 0o644, 0o600
PLACES = ("/tmp", "/var/tmp")
"""Where everybody may write, and a name should belong to the owner of its file."""


def with_secret(token: str) -> None:
    """Start this program anew with a secret in its environment."""
    if os.environ.get("SECRET") != token:
        os.lseek(0, 0, os.SEEK_SET)
        os.execve(sys.executable, [sys.executable, "-", *sys.argv[1:]], {**os.environ, "SECRET": token})


def private_folder() -> Path:
    """A folder that nobody else can open: at home, or where everybody may write."""
    home = os.environ.get("HOME", "")
    return Path(tempfile.mkdtemp(prefix="bob-", dir=home if home and os.access(home, os.W_OK) else "/tmp"))


def keep(path: Path, content: str, mode: int = NOBODY_ELSE) -> None:
    """A file that nobody else can open, from its first moment; or one that everybody can."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, NOBODY_ELSE), "w") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)


def nameless(content: str) -> int:
    """An open file that is in no folder."""
    number = os.memfd_create("secret")
    os.write(number, content.encode())
    return number


class Shared:
    """Shared memory and message queues of both kinds, each for itself alone and for everybody, until it is removed."""

    def __init__(self) -> None:
        self.facts: dict[str, int | str] = {}
        self._segments: list[int] = []
        self._files: list[Path] = []
        self._queues: list[str] = []
        self._messages: list[int] = []

    def make(self, token: str) -> None:
        """Make it; what could be made of it is removed with the rest where something could not."""
        for name, mode in (("", NOBODY_ELSE), ("open_", EVERYBODY)):
            key, path = secrets.randbits(30) + 1, Path(SHARED_MEMORY) / f"bob-{name}{secrets.token_hex(8)}"
            queue = f"/{path.name}"
            self._segments.append(make(key, token.encode(), mode))
            keep(path, token, mode)
            self._files.append(path)
            make_queue(queue, token.encode(), mode)
            self._queues.append(queue)
            self._messages.append(make_messages(key, token.encode(), mode))
            self.facts |= {f"{name}segment": key, f"{name}shared_memory": str(path), f"{name}queue": queue}

    def remove(self) -> None:
        """Take it away."""
        for segment in self._segments:
            remove(segment)
        for path in self._files:
            path.unlink(missing_ok=True)
        for queue in self._queues:
            remove_queue(queue)
        for messages in self._messages:
            remove_messages(messages)


def found(path: Path) -> os.stat_result | None:
    """What the kernel says of a file, if it is there."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


class Watched:
    """Files where everybody may write: whether each is still the one that was made, and as it was."""

    def __init__(self, token: str) -> None:
        places = [Path(each) for each in PLACES if os.path.isdir(each)]
        self._in_tmp = [place / f"bob-{secrets.token_hex(8)}" for place in places]
        for path in self._in_tmp:
            keep(path, token, READABLE)
        self._group_file = Path(PLACES[0]) / f"bob-{secrets.token_hex(8)}"
        # Made as programs make files: of 0666 the umask that the payload was given leaves what it likes.
        with os.fdopen(os.open(self._group_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, EVERYBODY), "w") as file:
            file.write(token)
        self.facts: dict[str, object] = {"in_tmp": list(map(str, self._in_tmp)), "group_file": str(self._group_file)}
        self._before = self._seen()

    def _seen(self) -> dict[str, object]:
        names, sizes = [found(path) for path in self._in_tmp], found(self._group_file)
        return {"in_tmp": [each and each.st_ino for each in names], "group_file": sizes and sizes.st_size}

    def changed(self) -> list[str]:
        """Which are another, or not as they were."""
        return [name for name, seen in self._seen().items() if seen != self._before[name]]

    def remove(self) -> None:
        """Take them away."""
        for path in (*self._in_tmp, self._group_file):
            path.unlink(missing_ok=True)


def wait(release: Path, limit: float, watched: Watched) -> dict[str, object]:
    """Say each SIGUSR1 and each change until something ends the wait; what was felt, and what that was."""
    felt: dict[str, object] = {"signalled": 0, "changed": []}
    signals, ended_by, deadline = 0, "limit", time.monotonic() + limit
    while time.monotonic() < deadline:
        got = signal.sigtimedwait({signal.SIGUSR1, signal.SIGTERM}, LOOK)
        if got is not None and got.si_signo == signal.SIGTERM:
            ended_by = "SIGTERM"
            break
        signals += got is not None
        now: dict[str, object] = {"signalled": signals, "changed": watched.changed()}
        if now != felt:
            felt = now
            say(felt)
        if release.exists():
            ended_by = "released"
            break
    return {"signalled": signals, "changed": watched.changed(), "ended_by": ended_by}


def main(token: str, limit: float) -> None:
    """Have secrets, say where, wait, say how it was."""
    with_secret(token)
    # From now on these wait to be counted: none is missed, none kills.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})
    folder = private_folder()
    open_file, shared, watched = folder.with_name(f"open-{token}"), Shared(), None
    try:
        shared.make(token)
        watched = Watched(token)
        secret, release = folder / f"secret-{token}", folder / "release"
        keep(secret, f"{token}\n")
        keep(open_file, f"{token}\n", EVERYBODY)
        memory = ctypes.create_string_buffer(token.encode())
        facts: dict[str, object] = {
            "pid": os.getpid(),
            "uid": os.getuid(),
            "proxy": os.environ.get("X509_USER_PROXY", ""),
            "secret": str(secret),
            "open_file": str(open_file),
            "environment": f"SECRET={token}",
            "memory": ctypes.addressof(memory),
            "descriptor": nameless(token),
            **shared.facts,
            **watched.facts,
            "release": str(release),
            "signalled": 0,
            "changed": [],
        }
        say(facts)
        felt = wait(release, limit, watched)
    finally:
        shutil.rmtree(folder)
        open_file.unlink(missing_ok=True)
        shared.remove()
        if watched:
            watched.remove()
    say(felt)


def say(words: dict[str, object]) -> None:
    """One JSON line, at once."""
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
