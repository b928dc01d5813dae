#!/usr/bin/python3 -IS
"""The site's epilogue: run by the switch as root, behind every payload, it leaves nothing of the payload's account.

As EGI-SVG-2011-1474 asks sites to: processes, files in shared folders, the home, segments of System V, jobs of at and
cron. It counts on one payload at a time for each account. The switch says whose, in GLEXEC_EPILOG_TARGET_*.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", "/var/cache/testbed-vm")
"""The folders that everybody may write; each that is there."""
JOBS = "/var/spool/cron/atjobs"
TABLES = "/var/spool/cron/crontabs"
SYSTEM_V = {"shm": "-m", "sem": "-s", "msg": "-q"}
"""Each kind of object, and what ipcrm(1) calls it."""
LOWEST = 1000
"""The first uid that is no account of the system's own."""
LIMIT = 5.0
"""Seconds until what was killed has to be gone."""


def running(uid: int) -> list[int]:
    """The processes of an account, by any of its uids."""
    found = []
    for path in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            words = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
            if str(uid) in words["Uid"].split() and words["State"].split()[0] not in "ZX":
                found.append(int(path.parent.name))
    return found


def end(uid: int) -> None:
    """Kill until nothing is left: stopped first, so that nothing is made meanwhile."""
    deadline = time.monotonic() + LIMIT
    while (pids := running(uid)) and time.monotonic() < deadline:
        for kind in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, kind)
        time.sleep(0.01)
    if pids:
        sys.exit(f"still running: {pids}")


def dequeue(uid: int, user: str) -> None:
    """Take back what it gave to at and cron; before its processes end, so that none begins."""
    if os.path.isdir(JOBS):
        for job in os.scandir(JOBS):
            if job.stat(follow_symlinks=False).st_uid == uid:
                os.unlink(job.path)
    Path(TABLES, user).unlink(missing_ok=True)


def remove_objects(uid: int) -> None:
    """Remove what it left in System V's tables, as the account itself: root of a container may not (CAP_SYS_ADMIN)."""
    for kind, option in SYSTEM_V.items():
        first, *rows = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
        names = first.split()
        for row in (dict(zip(names, line.split(), strict=False)) for line in rows):
            if int(row["uid"]) == uid:
                command = ["/usr/bin/ipcrm", option, row[names[1]]]  # shmid, semid, msqid
                subprocess.run(command, timeout=LIMIT, check=True, user=uid)


def remove_files(uid: int, home: str) -> None:
    """Remove its files where everybody may write, and all in its home. No link is followed, no mount crossed.

    A folder that is not the account's own is no home of its, whatever passwd says: it may be "/".
    """
    there = [folder for folder in SHARED if os.path.isdir(folder)]
    subprocess.run(["/usr/bin/find", *there, "-xdev", "-uid", str(uid), "-delete"], timeout=LIMIT, check=True)
    if not os.path.isdir(home):
        return
    if os.lstat(home).st_uid != uid:
        sys.exit(f"{home} does not belong to uid {uid}: nothing is removed there")
    for path in Path(home).iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def main() -> None:
    """Leave nothing of it."""
    said = {name: os.environ[f"GLEXEC_EPILOG_TARGET_{name}"] for name in ("UID", "USER", "HOME")}
    uid = int(said["UID"])
    if uid < LOWEST:
        sys.exit(f"uid {uid} is no account of a user's")
    dequeue(uid, said["USER"])
    end(uid)
    remove_objects(uid)
    remove_files(uid, said["HOME"])


if __name__ == "__main__":
    main()
