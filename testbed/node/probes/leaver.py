"""Alice's payload: leaves things behind for whoever comes next: ``python3 - ORDERS < leaver.py``.

ORDERS is JSON: "mark", a word that is in all that she leaves; "place", a folder for answers; "key" of a segment; and
"lingerer", the program that her daemon and her jobs run. She prints thing -> "left", or why it could not be left.
"""

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
    if os.fork():
        os.wait()
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
    """Copies of cat(1) that read as who made them, wherever everybody may write, and a file that only she can read."""
    kept(Path("/tmp") / f"{orders['mark']}-secret", orders["mark"].encode(), 0o600)
    program = Path(shutil.which("cat") or "/usr/bin/cat").read_bytes()
    for folder in SHARED:
        if os.path.isdir(folder):
            kept(Path(folder) / f"{orders['mark']}-cat", program, 0o4755)


def start_files(orders: Orders) -> None:
    """What shells and Python execute at their start, in the home that the account has by its name."""
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    kept(home / ".profile", f"echo {orders['mark']}\n".encode(), 0o644)
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
    """Give a text to a command. Raises `OSError` with its words when it refuses."""
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=LIMIT)
    if done.returncode:
        raise OSError(0, f"{command[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")


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


def main(orders: Orders) -> None:
    """Leave all of it. What has no place in common with its node answers to one of its own."""
    if not os.path.isdir(orders["place"]):
        orders = {**orders, "place": tempfile.mkdtemp()}
    os.chdir("/")  # at goes back to where a job was given, and the pilot removes its payload's folder
    said = {}
    for name, leave in THINGS.items():
        try:
            leave(orders)
            said[name] = "left"
        except (OSError, subprocess.TimeoutExpired) as error:
            said[name] = str(error)
    print(json.dumps(said))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
