#!/usr/bin/env python3
"""Puts a worker node back to how it began: ``reset.py baseline|reset FIRST_UID``, as root.

``baseline`` remembers the node's files and services. ``reset`` ends every process of the site's accounts (uid at or
above FIRST_UID), removes what processes share, their files and their leases, empties the logs, and prints what still
differs from the baseline, a line for each. No line means clean.

It runs between any two cells, so it imports only what Python has loaded anyway: json, pathlib, shutil and signal take
as long as all the work.
"""

import os
import stat
import sys
import time

BASELINE = "/run/testbed-baseline"
SCRATCH = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")
LOCKS = "/run/lock"
SHELVES = "/var/cache/testbed-vm"
"""Open to all as well, and not emptied: root has a folder in the one, and in the other lies what each account has saved
of its virtual machines, in a folder that has its uid for a name."""
WATCHED = (*SCRATCH, LOCKS, "/etc", "/home", "/root", "/usr/sbin", "/usr/libexec", "/var/spool")
SYSTEM_V = {"shm": "-m", "sem": "-s", "msg": "-q"}
"""Each kind of object, and what ipcrm(1) calls it."""
LOGS = ("/var/log/glexec.log", "/var/log/messages")
POOL = "/etc/grid-security/gridmapdir"
SIGKILL = 9
DEEP = 8


def processes(first_uid: int) -> list[int]:
    """The processes whose real or effective uid is one of the site's accounts."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/status", errors="replace") as status:
                    line = next(line for line in status if line.startswith("Uid:"))
            except (OSError, StopIteration):
                continue
            if any(int(uid) >= first_uid for uid in line.split()[1:]):
                found.append(int(name))
    return found


def end_processes(first_uid: int) -> None:
    """Kill them until none is left, for two seconds at the most."""
    deadline = time.monotonic() + 2
    while (pids := processes(first_uid)) and time.monotonic() < deadline:
        for pid in pids:
            try:
                os.kill(pid, SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.005)


def objects() -> list[tuple[str, int, int]]:
    """What there is in System V's tables: kind, number and owner. A world begins with none."""
    found = []
    for kind in SYSTEM_V:
        with open(f"/proc/sysvipc/{kind}") as table:
            names = next(table).split()
            for row in (dict(zip(names, map(int, line.split()), strict=False)) for line in table):
                found.append((kind, row[names[1]], row["uid"]))  # shmid, semid, msqid
    return found


def remove_objects() -> None:
    """Remove them, each as its owner: root of a container may not do so for others (CAP_SYS_ADMIN)."""
    for kind, number, uid in objects():
        import subprocess  # seldom needed, and slow to load

        command = ["/usr/bin/ipcrm", SYSTEM_V[kind], str(number)]
        subprocess.run(command, timeout=2, check=False, user=uid, stderr=subprocess.DEVNULL)  # what stays is told


def remove_files(first_uid: int) -> None:
    """Empty the scratch folders and the homes, take the accounts' things out of others, and give the pool back."""
    for folder in (*filter(os.path.isdir, SCRATCH), *(home.path for home in os.scandir("/home"))):
        for entry in list(os.scandir(folder)):
            remove(entry)
    for folder in filter(os.path.isdir, (LOCKS, SHELVES)):
        for entry in list(os.scandir(folder)):
            uid = entry.stat(follow_symlinks=False).st_uid
            shelf = (folder, entry.name) == (SHELVES, str(uid)) and entry.is_dir(follow_symlinks=False)
            if uid >= first_uid and not shelf:
                remove(entry)
    if os.path.isdir(POOL):
        for entry in list(os.scandir(POOL)):
            if entry.name.startswith("%"):
                os.unlink(entry)
    for log in LOGS:
        if os.path.exists(log):
            os.truncate(log, 0)


def remove(entry: "os.DirEntry[str]", depth: int = 0) -> None:
    """A file, link or whole folder."""
    if not entry.is_dir(follow_symlinks=False):
        os.unlink(entry)
    elif depth == DEEP:
        import shutil  # which knows what to do about folders without end

        shutil.rmtree(entry)
    else:
        for below in list(os.scandir(entry)):
            remove(below, depth + 1)
        os.rmdir(entry)


def picture() -> dict[str, str]:
    """Of every watched path what must not change: type and mode, owners, and of a file its size and time."""
    seen: dict[str, str] = {}
    for top in WATCHED:
        for folder, _, names in os.walk(top):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                info = os.lstat(path)
                facts = f"{info.st_mode:o} {info.st_uid}:{info.st_gid}"
                if stat.S_ISREG(info.st_mode):
                    facts += f" {info.st_size} bytes, {info.st_nlink} names"
                    if not path.startswith(POOL):  # a lease touches its account's file
                        facts += f", {info.st_mtime_ns}"
                seen[ascii(path)] = facts
    return seen


def differences(before: dict[str, str], after: dict[str, str], first_uid: int) -> list[str]:
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
    """Print the differences; `baseline` has none."""
    if verb == "baseline":
        with open(BASELINE, "w") as file:
            file.writelines(f"{path}\t{facts}\n" for path, facts in picture().items())
        return
    end_processes(first_uid)
    remove_objects()
    remove_files(first_uid)
    with open(BASELINE) as file:
        before = dict(line.rstrip("\n").split("\t") for line in file)
    for difference in differences(before, picture(), first_uid)[:50]:
        print(difference)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
