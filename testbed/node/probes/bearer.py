"""A pilot that shows the switch one credential after another: ``python3 - PLAN < bearer.py``, as the pilot's account.

PLAN is JSON: {"program", "limit", "shown": [...]}, each of the shown {"ident", "path"} and, where something happens to
the file while the switch has it open, "meanwhile" (a name of `MEANWHILE`) and "other", a file that is put in its place.
{"ident", "lender"} instead shows what the switch has copied for the payload of another user, whose proxy "lender" is,
while that payload runs. Prints a list of {"ident", "code", "out", "err", "note"} as JSON; a code of null is
a call that was not back in time. A payload that runs says who it is, in its kernel's words: ``UID IDENT``.
"""

import contextlib
import fcntl
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

Said = dict[str, object]

AT_ONCE = 2
"""Calls that are made side by side."""
NOTICED = 2.0
"""Seconds within which a switch that asks for a lock is seen waiting for it."""
CUT = 700
"""Bytes that are left of a file that is cut: half of a proxy's certificate."""
SHOW = 'printf "%s\\n" "$X509_USER_PROXY"; read -r go'
"""The payload of another user: where its proxy is, for as long as nobody ends it."""

MEANWHILE: Mapping[str, Callable[[Path, str], object]] = {
    "opened up": lambda path, other: path.chmod(0o644),
    "linked": lambda path, other: path.with_suffix(".link").hardlink_to(path),
    "cut": lambda path, other: os.truncate(path, CUT),
    "replaced": lambda path, other: Path(other).rename(path),
}


class Bearer:
    """Who calls the switch."""

    def __init__(self, program: str, limit: float) -> None:
        self._program = program
        self._limit = limit

    def show(self, each: Mapping[str, str]) -> Said:
        """One call, with what happens meanwhile."""
        if "lender" in each:
            return self._lent(each["ident"], each["lender"])
        if "meanwhile" not in each:
            return self._call(each["ident"], each["path"])
        with open(each["path"], "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            fcntl.lockf(file, fcntl.LOCK_EX)  # whichever of the two the site's switch asks for
            with ThreadPoolExecutor(1) as beside:
                said = beside.submit(self._call, each["ident"], each["path"])
                note = "" if waited_for(os.fstat(file.fileno()).st_ino, said) else "nobody waited for its lock"
                MEANWHILE[each["meanwhile"]](Path(each["path"]), each.get("other", ""))
                fcntl.lockf(file, fcntl.LOCK_UN)
                fcntl.flock(file, fcntl.LOCK_UN)
                return {**said.result(), "note": note}

    def _call(self, ident: str, path: str) -> Said:
        process = self._begun(path, "/usr/bin/stat", "-L", "--printf", f"%u {ident}", "/proc/self")
        code: int | None = None
        try:
            out, err = process.communicate(timeout=self._limit)
            code = process.returncode
        except subprocess.TimeoutExpired:
            out, err = self._given_up(process)
        words = {"out": out.decode(errors="replace")[:500], "err": err.decode(errors="replace")[-1000:]}
        return {"ident": ident, "code": code, **words, "note": ""}

    def _given_up(self, process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes]:
        """What a switch has said that hangs. One that cannot be ended is left to whoever started this program."""
        with contextlib.suppress(PermissionError):
            process.kill()
        try:
            return process.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            return b"", b""

    def _begun(self, path: str, *command: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [self._program, *command],
            env={**os.environ, "GLEXEC_CLIENT_CERT": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def _lent(self, ident: str, lender: str) -> Said:
        """Show the copy that another user's payload has of its proxy, where that belongs to another account."""
        process = self._begun(lender, "/usr/bin/dash", "-c", SHOW)
        assert process.stdout is not None
        try:
            ready, _, _ = select.select([process.stdout], [], [], self._limit)
            path = process.stdout.readline().decode().strip() if ready else ""
            if not path:
                raise LookupError("the payload whose copy of a proxy was to be shown did not run, or has none")
            owner = os.stat(path).st_uid
            if owner == os.getuid():
                return {"ident": ident, "code": 0, "out": "", "err": "", "note": "the caller's own here"}
            return {**self._call(ident, path), "note": f"of uid {owner}"}
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=self._limit)  # closes what its payload waits for


def waited_for(inode: int, call: "Future[Said]") -> bool:
    """Whether a call comes to wait for a lock of this file: it has been opened by then, and looked at."""
    until = time.monotonic() + NOTICED
    while not call.done() and time.monotonic() < until:
        lines = Path("/proc/locks").read_text().splitlines()
        if any("->" in line and f":{inode} " in line for line in lines):
            return True
        time.sleep(0.002)
    return False


def main(program: str, limit: float, shown: list[dict[str, str]]) -> None:
    """Show all, the last one when all others are through."""
    bearer = Bearer(program, limit)
    with ThreadPoolExecutor(AT_ONCE) as hands:
        said = list(hands.map(bearer.show, shown[:-1]))
    print(json.dumps([*said, bearer.show(shown[-1])]))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
