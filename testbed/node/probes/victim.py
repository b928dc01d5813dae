"""Bob's payload: has secrets and says what could be stolen of it: ``python3 - TOKEN LIMIT < victim.py``.

It has a secret file (0600), a secret in its environment, a proxy, and a process that counts the SIGUSR1 it gets. It
prints one JSON line with where they are; another one for each signal, so that its last line holds the count even when
it is killed; and one when it ends: by SIGTERM, when the file ``release`` has come to be, or after LIMIT seconds. Its
standard input must be a file: it starts itself anew, so that the kernel shows the secret in its environment.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

LOOK = 0.05
"""Seconds between two looks for the file that releases it."""


def with_secret(token: str) -> None:
    """Start this program anew with a secret in its environment."""
    if os.environ.get("SECRET") != token:
        os.lseek(0, 0, os.SEEK_SET)
        os.execve(sys.executable, [sys.executable, "-", *sys.argv[1:]], {**os.environ, "SECRET": token})


def private_folder() -> Path:
    """A folder that nobody else can open: at home, or where everybody may write."""
    home = os.environ.get("HOME", "")
    return Path(tempfile.mkdtemp(prefix="bob-", dir=home if home and os.access(home, os.W_OK) else "/tmp"))


def keep(path: Path, content: str) -> None:
    """A file that nobody else can open, from its first moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)


def wait(release: Path, limit: float) -> tuple[int, str]:
    """Count the SIGUSR1, aloud, until something ends the wait; the count, and what it was."""
    signals, deadline = 0, time.monotonic() + limit
    while time.monotonic() < deadline:
        got = signal.sigtimedwait({signal.SIGUSR1, signal.SIGTERM}, LOOK)
        if got is not None and got.si_signo == signal.SIGTERM:
            return signals, "SIGTERM"
        if got is not None:
            signals += 1
            say({"signalled": signals})
        if release.exists():
            return signals, "released"
    return signals, "limit"


def main(token: str, limit: float) -> None:
    """Have secrets, say where, wait, say how it was."""
    with_secret(token)
    # From now on these wait to be counted: none is missed, none kills.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})
    folder = private_folder()
    try:
        secret, release = folder / f"secret-{token}", folder / "release"
        keep(secret, f"{token}\n")
        facts = {
            "pid": os.getpid(),
            "uid": os.getuid(),
            "proxy": os.environ.get("X509_USER_PROXY", ""),
            "secret": str(secret),
            "environment": f"SECRET={token}",
            "release": str(release),
            "signalled": 0,
        }
        say(facts)
        signals, ended_by = wait(release, limit)
    finally:
        shutil.rmtree(folder)
    say({"signalled": signals, "ended_by": ended_by})


def say(words: dict[str, object]) -> None:
    """One JSON line, at once."""
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
