"""One job, from its first to its last moment."""

import base64
import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..common.handshake import WRAPPER
from ..common.memory import memory_file
from ..common.sandbox import ERRORS
from .account import Account
from .folder import lay_out
from .orphans import end_orphans
from .record import GRACE, record
from .report import judged

LARGEST_STREAM = 1 << 20
LONGEST_LIMIT = 7 * 24 * 3600.0
"""Seconds of a job, as the pilot job has it."""
ENDING: list[int] = []
"""A descriptor from which something can be read once the gatekeeper was told to end."""


def hear_the_end() -> None:
    """From now on who ends the gatekeeper ends its job: nobody else would, nor take its proxy away, nor record it."""
    ending, sink = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    ENDING.append(ending)
    signal.set_wakeup_fd(sink, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # `follow` hears of it, at whatever moment it comes


def run(account: Account, proxy: str, job: Mapping[str, Any]) -> Mapping[str, Any]:
    """Run a payload as an account, in a folder of its own that nobody else can enter; what became of it."""
    folder = Path(tempfile.mkdtemp(prefix="job-"))
    try:
        place = lay_out(folder, account, proxy, base64.b64decode(job.get("sandbox", "")))
        environment = {
            "HOME": str(folder),
            "PATH": "/usr/bin:/bin",
            "X509_USER_PROXY": str(place),
            "JOB_ID": str(job["id"]),
        }
        command = [os.path.realpath("/bin/sh"), "-c", WRAPPER, "payload", *job["argv"]]
        limit = float(job["limit"]) + float(job["start_limit"])
        if not 0 < limit <= LONGEST_LIMIT:
            raise ValueError(f"a limit of {limit} s")
        record(account, f"job {str(job['id'])[:80]} starts")
        code, out, err, why, left = executed(
            command, environment, folder, account, base64.b64decode(job.get("stdin", "")), limit
        )
    except (*ERRORS, KeyError, TypeError) as error:
        return {"state": "returned", "why": f"the job could not be laid out, or not be recorded: {error}"}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        record(account, f"job {str(job['id'])[:80]} has ended, {why or f'code {code}'}{left},")
    return judged(account, code, out, err, why, left)


def executed(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, account: Account, stdin: bytes, limit: float
) -> tuple[int | None, bytes, bytes, str, str]:
    """A command as an account to its end: code, outputs, why it was ended, if it was, and what it left running."""
    source = memory_file("stdin", stdin)
    with subprocess.Popen(
        command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=folder,
        user=account.uid, group=account.gid, extra_groups=list(account.groups), start_new_session=True, umask=0o022,
    ) as process:  # fmt: skip
        os.close(source)
        assert process.stdout
        assert process.stderr
        streams = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
        out, err = streams.values()
        try:
            why = follow(process, streams, time.monotonic() + limit)
        finally:  # whatever comes, or we would wait here for a job that nobody ends
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what it left running in its session's first group
        code = process.wait()
    left = end_orphans()  # and elsewhere: it came to us
    return (None if why else code if code >= 0 else 128 - code), bytes(out), bytes(err), why, left


def follow(process: "subprocess.Popen[bytes]", streams: Mapping[int, bytearray], deadline: float) -> str:
    """Read until the command has ended; why it must be ended before, if it must."""
    poll = select.poll()
    poll.register(1, 0)  # only to hear that nobody reads it any more
    for number in (*streams, *ENDING):
        poll.register(number, select.POLLIN)
    waited = os.pidfd_open(process.pid)
    poll.register(waited, select.POLLIN)
    ended, open_streams = False, set(streams)
    try:
        while open_streams or not ended:
            left = min(deadline - time.monotonic(), GRACE if ended else deadline)
            if left <= 0:
                return "" if ended else "hung"
            found = poll.poll(left * 1000)
            if not found:
                return "" if ended else "hung"
            for number, _ in found:
                if number == waited:
                    ended = True
                    poll.unregister(waited)
                elif number not in streams:
                    return "lost"
                elif data := os.read(number, 1 << 16):
                    streams[number].extend(data[: LARGEST_STREAM - len(streams[number])])
                else:
                    poll.unregister(number)
                    open_streams.discard(number)
    finally:
        os.close(waited)
    return ""
