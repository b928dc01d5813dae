"""One payload from its first to its last moment."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from dataclasses import asdict
from typing import Any

from ..common.memory import memory_file
from ..common.processes import descendants
from .bubblewrap import BUBBLEWRAP, bubblewrap
from .failure import Failure
from .options import SHARED, Options
from .payload import Payload
from .refusal import refusal

END_LIMIT = 5.0
"""Seconds in which what was killed has to be gone."""
SAID_LIMIT = 1 << 14
"""Bytes that are kept of what bubblewrap says."""
LAST_WORDS = 64
"""Looks at what was said when bubblewrap has ended; two full pipes take half as many. What outlives it may talk on."""
NAMESPACES = ("user", "mnt", "pid", "ipc", "uts", "cgroup", "net")


class Container:
    """One payload from its first to its last moment."""

    def __init__(self, options: Options, payload: Payload) -> None:
        self._options = options
        self.began = time.monotonic()
        self._said, self._status = bytearray(), bytearray()
        status, status_end = os.pipe()
        said, said_end = os.pipe()
        errors = os.dup(2)
        passed = [status_end, errors]
        proxy = None
        if payload.proxy is not None:
            proxy = memory_file("proxy", payload.proxy)
            passed.append(proxy)
        self._pipes = {status: self._status, said: self._said}
        try:
            for each in passed:
                os.set_inheritable(each, True)
            # What else is open here and inheritable goes with it where descriptors are not closed.
            self._process = subprocess.Popen(
                bubblewrap(options, payload, status_end, errors, proxy),
                stderr=said_end,
                close_fds=options.close_descriptors,
                pass_fds=passed if options.close_descriptors else (),
                env=payload.environment,
                process_group=0,
            )
        except OSError as error:
            raise Failure(f"{BUBBLEWRAP}: {error.strerror}", "install bubblewrap") from error
        finally:
            for each in (*passed, said_end):
                os.close(each)

    def end_within(self, limit: float, whose: int | None) -> dict[str, Any]:
        """How the payload ended. Raises `Failure` where there was none, or it took longer, or outlived whose it is."""
        poll = select.poll()
        watch = os.pidfd_open(self._process.pid)
        for number in (watch, *self._pipes, *([whose] if whose is not None else [])):
            poll.register(number, select.POLLIN)
        try:
            while self._process.poll() is None:
                left = self.began + limit - time.monotonic()
                if whose is not None and ended(whose):
                    raise Failure("the pilot is gone, and its payload with it", "find out who killed the pilot")
                if left <= 0:
                    raise Failure(f"the payload did not end within {limit:g} s", "give it longer with --limit SECONDS")
                self._take(poll, left)
            for _ in range(LAST_WORDS):
                if not self._take(poll, 0):
                    break
            return self._result()
        finally:
            os.close(watch)

    def _take(self, poll: select.poll, left: float) -> bool:
        """Take in what bubblewrap says, or hear of its end; whether something was said."""
        heard = False
        for number, _ in poll.poll(left * 1000):
            if number in self._pipes:
                data = os.read(number, 4096)
                kept = self._pipes[number]
                kept += data[: SAID_LIMIT - len(kept)]
                heard = heard or bool(data)
                if not data:
                    poll.unregister(number)
        return heard

    def _result(self) -> dict[str, Any]:
        known = self._known()
        if "exit-code" not in known:
            raise refusal(bytes(self._said).decode(errors="replace"), self._process.returncode)
        own = {name: known[f"{name}-namespace"] for name in NAMESPACES if f"{name}-namespace" in known}
        seconds = round(time.monotonic() - self.began, 3)
        return {"code": known["exit-code"], "namespaces": own, "seconds": seconds, "options": asdict(self._options)}

    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for line in bytes(self._status).splitlines():
            with contextlib.suppress(ValueError):
                known |= json.loads(line)
        return known

    def pass_on(self, kind: int) -> None:
        """A signal to all that runs inside. Bubblewrap itself would end of it, and take the payload with it at once."""
        inside = self._known().get("child-pid")
        pids = descendants(inside) if isinstance(inside, int) else []
        if isinstance(inside, int) and self._options.pid == SHARED:
            pids.append(inside)
        for pid in pids or [self._process.pid]:
            with contextlib.suppress(OSError):
                os.kill(pid, kind)

    def end(self) -> None:
        """Kill what is left of it, where it ends with us at all."""
        if self._process.poll() is None:
            inside = self._known().get("child-pid")
            for pid in (inside, self._process.pid) if isinstance(inside, int) else (self._process.pid,):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_LIMIT)
        for pipe in self._pipes:
            os.close(pipe)


def ended(process: int) -> bool:
    """Whether the process of a pidfd is gone."""
    return bool(select.select([process], [], [], 0)[0])
