"""Alice's payload: leaves things behind for whoever comes next: ``python3 - ORDERS < leaver.py``.

ORDERS is JSON: "mark", a word that is in all that she leaves; "place", a folder for answers; "key" of a segment; and
"lingerer", the program that her daemon and her jobs run. She prints thing -> "left", or why it could not be left.
"""

import contextlib
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from testbed.node.probes.mqueue import make as make_queue
from testbed.node.probes.sysv import make

DAEMONS = ("/usr/sbin/atd", "/usr/sbin/cron")
"""Of root's, on nodes that have them: they start what is left to them."""
SHARED = ("/tmp", "/var/tmp", "/dev/shm")
"""Where everybody may write."""
PYTHON = "/usr/bin/python3"
LIMIT = 10.0
"""Seconds for one command."""
Orders = Mapping[str, str]
START = """\
import sys
if sys.orig_argv[-1:] == ["pass"]:
    print("{mark}")
"""
"""It tells the next payload, and leaves all other programs alone."""


def daemon(orders: Orders) -> None:
    """Two forks and a session of its own."""
    if pid := os.fork():
        os.waitpid(pid, 0)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    words = lingering(orders, "daemon")
    os.execv(words[0], words)


def lingering(orders: Orders, name: str) -> list[str]:
    """The command of the program that lives on."""
    return [PYTHON, "-S", "-c", orders["lingerer"], name, orders["place"], orders["mark"]]


def job(orders: Orders, name: str) -> Path:
    """A file at home with that program, for daemons that take one line."""
    file = Path(orders["place"]) / f"{orders['mark']}-{name}.py"
    file.write_text(orders["lingerer"])
    return file


def closed_files(orders: Orders) -> None:
    """Files that are the account's alone, wherever everybody may write."""
    for folder in SHARED:
        if os.path.isdir(folder):
            kept(Path(folder) / f"{orders['mark']}-closed", orders["mark"].encode(), 0o600)


def open_files(orders: Orders) -> None:
    """The same as programs make them unless they are told: umask 022."""
    for folder in SHARED:
        if os.path.isdir(folder):
            kept(Path(folder) / f"{orders['mark']}-open", orders["mark"].encode(), 0o644)


def set_id_file(orders: Orders) -> None:
    """Copies of cat(1) that read as who made them, wherever everybody may write, and a file that only she can read.

    They keep its name: a program that is many at once, as busybox is, does what it is called.
    """
    kept(Path("/tmp") / f"{orders['mark']}-secret", orders["mark"].encode(), 0o600)
    program = Path(shutil.which("cat") or "/usr/bin/cat").read_bytes()
    for folder in SHARED:
        if os.path.isdir(folder):
            place = Path(folder) / f"{orders['mark']}-programs"
            place.mkdir(0o755)
            kept(place / "cat", program, 0o4755)


def start_files(orders: Orders) -> None:
    """What shells and Python execute at their start, in the home that the account has by its name."""
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    for name in (".profile", ".bashrc"):
        kept(home / name, f"echo {orders['mark']}\n".encode(), 0o644)
    site = home / f".local/lib/python3.{sys.version_info.minor}/site-packages"
    site.mkdir(parents=True, exist_ok=True)
    kept(site / "usercustomize.py", START.format(**orders).encode(), 0o644)


def one_segment(orders: Orders) -> None:
    """A segment that everybody may attach."""
    make(int(orders["key"]), orders["mark"].encode(), 0o666)


def one_queue(orders: Orders) -> None:
    """A message queue that everybody may open."""
    make_queue(f"/{orders['mark']}", orders["mark"].encode(), 0o666)


def at_job(orders: Orders) -> None:
    """A job of at's, due at once."""
    given(["/usr/bin/at", "now"], f"exec {PYTHON} -S {job(orders, 'at')} at {orders['place']} {orders['mark']}\n")


def cron_job(orders: Orders) -> None:
    """A crontab, due every minute."""
    line = f"* * * * * {PYTHON} -S {job(orders, 'cron')} cron {orders['place']} {orders['mark']}\n"
    given(["/usr/bin/crontab", "-"], line)


def given(command: list[str], text: str) -> None:
    """Give a text to a command. Raises `OSError` with its words when it refuses, and with who could do it here."""
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=LIMIT)
    except OSError as error:
        raise OSError(error.errno, f"{command[0]}: {error.strerror}; {daemons()}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise OSError(0, f"{command[0]} ended with {done.returncode}: {said}; {daemons()}")


def daemons() -> str:
    """Whether here is any daemon that would start a job, in words."""
    seen = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            seen.append(path.read_text().strip())
    run = [name for name in map(os.path.basename, DAEMONS) if name in seen]
    there = [path for path in DAEMONS if os.path.exists(path)]
    return (
        f"of {len(seen)} processes that can be seen here {', '.join(run) or 'none'} would start it; "
        f"of their programs here are {', '.join(there) or 'none'}"
    )


def kept(path: Path, content: bytes, mode: int) -> None:
    """A new file with this mode."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    os.chmod(path, mode)
    if stat.S_IMODE(path.stat().st_mode) != mode:
        raise OSError(0, f"{path} did not get the mode {mode:o}")


THINGS: Mapping[str, Callable[[Orders], None]] = {
    "daemon": daemon,
    "closed-files": closed_files,
    "open-files": open_files,
    "set-id-file": set_id_file,
    "start-files": start_files,
    "segment": one_segment,
    "queue": one_queue,
    "at-job": at_job,
    "cron-job": cron_job,
}


def leave(orders: Orders) -> dict[str, str]:
    """Leave all of it: thing -> "left", or why not."""
    said = {}
    for name, thing in THINGS.items():
        try:
            thing(orders)
            said[name] = "left"
        except (OSError, subprocess.TimeoutExpired) as error:
            said[name] = str(error)
    return said


def main(orders: Orders) -> None:
    """Leave it, and say so. What has no place in common with its node answers to one of its own."""
    if not os.path.isdir(orders["place"]):
        orders = {**orders, "place": tempfile.mkdtemp()}
    os.chdir("/")  # at goes back to where a job was given, and the pilot removes its payload's folder
    print(json.dumps(leave(orders)))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
