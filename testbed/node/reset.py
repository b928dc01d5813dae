#!/usr/bin/env python3
"""Puts a worker node back to how it began: ``reset.py baseline|reset FIRST_UID``, as root.

``baseline`` remembers the node's files and services. ``reset`` ends every process of the site's accounts (uid at or
above FIRST_UID), removes what processes share, their files and their leases, empties the logs, and prints what still
differs from the baseline as a JSON list of sentences. An empty list means clean.
"""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

BASELINE = Path("/run/testbed-baseline.json")
SCRATCH = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")
WATCHED = (*SCRATCH, "/etc", "/home", "/root", "/usr/sbin", "/usr/libexec", "/var/spool")
SYSTEM_V = {"shm": "-m", "sem": "-s", "msg": "-q"}
"""Each kind of object, and what ipcrm(1) calls it."""
LOGS = ("/var/log/glexec.log", "/var/log/messages")
POOL = Path("/etc/grid-security/gridmapdir")


def processes(first_uid: int) -> list[int]:
    """The processes whose real or effective uid is one of the site's accounts."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = next(line for line in (entry / "status").read_text().splitlines() if line.startswith("Uid:"))
            except (OSError, StopIteration):
                continue
            if any(int(uid) >= first_uid for uid in line.split()[1:]):
                found.append(int(entry.name))
    return found


def end_processes(first_uid: int) -> None:
    """Kill them until none is left, for two seconds at the most."""
    deadline = time.monotonic() + 2
    while (pids := processes(first_uid)) and time.monotonic() < deadline:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.005)


def objects() -> list[tuple[str, int, int]]:
    """What there is in System V's tables: kind, number and owner. A world begins with none."""
    found = []
    for kind in SYSTEM_V:
        first, *rows = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
        names = first.split()
        for row in (dict(zip(names, map(int, line.split()), strict=False)) for line in rows):
            found.append((kind, row[names[1]], row["uid"]))  # shmid, semid, msqid
    return found


def remove_objects() -> None:
    """Remove them, each as its owner: root of a container may not do so for others (CAP_SYS_ADMIN)."""
    for kind, number, uid in objects():
        command = ["/usr/bin/ipcrm", SYSTEM_V[kind], str(number)]
        subprocess.run(command, timeout=2, check=False, user=uid, stderr=subprocess.DEVNULL)  # what stays is told


def remove_files(first_uid: int) -> None:
    """Empty the scratch folders and the homes, and give the pool accounts back."""
    for folder in filter(os.path.isdir, SCRATCH):
        for path in Path(folder).iterdir():
            remove(path)
    for home in Path("/home").iterdir():
        for path in home.iterdir():
            remove(path)
    if POOL.is_dir():
        for path in POOL.iterdir():
            if path.name.startswith("%"):
                path.unlink()
    for log in LOGS:
        if os.path.exists(log):
            os.truncate(log, 0)


def remove(path: Path) -> None:
    """A file, link or whole folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def picture() -> dict[str, list[object]]:
    """Every watched path with what must not change: type and mode, owners, and of a file its size and time."""
    seen: dict[str, list[object]] = {}
    for top in WATCHED:
        for folder, _, names in os.walk(top):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                info = os.lstat(path)
                facts: list[object] = [oct(info.st_mode), info.st_uid, info.st_gid]
                if stat.S_ISREG(info.st_mode):
                    facts += [info.st_size, info.st_nlink]
                    if not path.startswith(str(POOL)):  # a lease touches its account's file
                        facts.append(info.st_mtime_ns)
                seen[path] = facts
    return seen


def differences(before: dict[str, list[object]], after: dict[str, list[object]], first_uid: int) -> list[str]:
    """What still differs, in words."""
    found = [f"process {pid} is still there" for pid in processes(first_uid)]
    found += [f"{kind} {number} of uid {uid} is still there" for kind, number, uid in objects()]
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            found.append(f"{path} is gone")
        elif path not in before:
            found.append(f"{path} is new")
        elif before[path] != after[path]:
            found.append(f"{path} was {before[path]}, is {after[path]}")
    return found


def main(verb: str, first_uid: int) -> None:
    """Print the differences as JSON; `baseline` has none."""
    if verb == "baseline":
        BASELINE.write_text(json.dumps(picture()))
        print("[]")
        return
    end_processes(first_uid)
    remove_objects()
    remove_files(first_uid)
    before = json.loads(BASELINE.read_text())
    print(json.dumps(differences(before, picture(), first_uid)[:50]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
