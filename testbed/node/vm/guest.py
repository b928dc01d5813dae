"""A machine that runs: what is sent to it, what it says, and why it has ended."""

import contextlib
import json
import re
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import Any

from .failure import Failure, Trouble
from .machine import Beginning, Kind, qemu, with_launcher
from .network import kept_to

END_LIMIT = 5.0
"""Seconds that QEMU may still take when it has closed everything."""
CONSOLE_HEAD, CONSOLE_TAIL = 1 << 19, 1 << 16
"""Bytes of what the guest's kernel said that are kept: the first, and the last."""
LINE_LIMIT = 1 << 10
QMP_LIMIT = 1 << 16
PANIC = re.compile(rb"^\[ *[0-9.]+\] Kernel panic - not syncing: ([^\r\n]*)", re.MULTILINE)
"""What a kernel says last. A payload can bring it to say 15 bytes of its own (a process's name), no such line."""
LAST_WORDS = re.compile(rb"^supervisor: ([^\r\n]*)", re.MULTILINE)
PILOT = "pilot"
"""What the pilot's end is called beside the channels of a machine."""
CHANNELS = ("console", "said", "out", "err", "files", "qmp")


class Guest:
    """A machine that runs. ``console`` is what its kernel has said so far."""

    def __init__(
        self, kind: Kind, beginning: Beginning, ports: tuple[int, int] | None = None, whose: int | None = None
    ) -> None:
        self.console = bytearray()
        self._left_over = {"said": b"", "qmp": b""}
        self._to_send = {"said": bytearray(), "qmp": bytearray()}
        self._stopped_by = ""
        self._selector = selectors.DefaultSelector()
        pairs = [socket.socketpair() for _ in CHANNELS]
        self._ends = {name: ours for name, (ours, _) in zip(CHANNELS, pairs, strict=True)}
        theirs = [end.fileno() for _, end in pairs]
        try:
            self._process = subprocess.Popen(
                with_launcher(qemu(kind, beginning, theirs[0], theirs[1:5], theirs[5])),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=theirs[0],
                pass_fds=[*theirs, *beginning.descriptors],
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} | kept_to(ports),
            )
        finally:
            for _, end in pairs:
                end.close()
        for name, end in self._ends.items():
            end.setblocking(False)
            self._selector.register(end, selectors.EVENT_READ, name)
        if whose is not None:
            self._selector.register(whose, selectors.EVENT_READ, PILOT)
        self._channels = set(self._ends)
        for name, values in (("qmp_capabilities", {}), *beginning.commands):
            self.command(name, values)

    def ask(self, data: bytes) -> None:
        """Send frames to the guest's supervisor, as it takes them."""
        self._send("said", data)

    def command(self, name: str, values: Mapping[str, Any]) -> None:
        """Give QEMU an order."""
        self._send("qmp", json.dumps({"execute": name, "arguments": values}).encode() + b"\n")

    def _send(self, channel: str, data: bytes) -> None:
        self._to_send[channel] += data
        self._wait_for(channel)

    def _wait_for(self, channel: str) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._to_send[channel] else 0)
        with contextlib.suppress(KeyError):  # it has been closed
            self._selector.modify(self._ends[channel], events, channel)

    def pieces(self, tick: float | None = None) -> Iterator[tuple[str, bytes]]:
        """What arrives until the machine has closed everything: (``said``, a line), (``out``, ``err`` or ``files``,
        bytes), (``qmp``, an event or an error of QEMU's), and (``tick``, nothing) about that often.
        """
        due = time.monotonic() + (tick or 0)
        while self._channels:
            left = max(due - time.monotonic(), 0) if tick else None
            ready = self._selector.select(left)
            if tick and time.monotonic() >= due:
                due = time.monotonic() + tick
                yield "tick", b""
            for key, events in ready:
                if key.data == PILOT:
                    raise Failure(
                        "pilot-gone", "the pilot has gone, and its machine with it", "see who killed the pilot"
                    )
                if events & selectors.EVENT_WRITE:
                    self._sent(key.data)
                if events & selectors.EVENT_READ:
                    yield from self._received(key.data)

    def _sent(self, channel: str) -> None:
        waiting = self._to_send[channel]
        try:
            del waiting[: self._ends[channel].send(waiting)]
        except BlockingIOError:
            return
        except OSError:  # the machine has gone, which shows when we read
            waiting.clear()
        self._wait_for(channel)

    def _received(self, channel: str) -> Iterator[tuple[str, bytes]]:
        try:
            data = self._ends[channel].recv(65536)
        except (BlockingIOError, ConnectionResetError):  # it went without reading all; what it sent comes yet
            return
        if not data:
            self._selector.unregister(self._ends[channel])
            self._channels.discard(channel)
        elif channel == "console":
            self.console += data
            del self.console[CONSOLE_HEAD:-CONSOLE_TAIL]
        elif channel in self._left_over:
            limit = QMP_LIMIT if channel == "qmp" else LINE_LIMIT
            *lines, rest = (self._left_over[channel] + data).split(b"\n")
            self._left_over[channel] = rest[:limit]
            for line in lines:
                if channel == "said" or self._heard(line):
                    yield channel, line[:limit]
        else:
            yield channel, data

    def _heard(self, line: bytes) -> bool:
        """Whether what QEMU says is more than an acknowledgement."""
        with contextlib.suppress(ValueError):
            said = json.loads(line)
            if said.get("event") == "SHUTDOWN":
                self._stopped_by = str(said["data"]["reason"])
            return "event" in said or "error" in said
        return False

    def trouble(self) -> Trouble:
        """Why a machine that has closed everything has ended."""
        try:
            code = self._process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            return Trouble("vm-lost", "QEMU closed everything and did not end")
        text = bytes(self.console)
        if code < 0:
            return Trouble("vm-lost", f"QEMU was ended by {name_of(-code)}")
        if code > 0:
            short = b"Cannot allocate memory" in text or b"cannot set up guest memory" in text
            return Trouble("out-of-memory" if short else "vm-lost", f"QEMU ended with {code}: {self.last_line()}")
        if panic := PANIC.search(text):
            return Trouble("kernel-panic", f"the guest's kernel panicked: {panic[1].decode(errors='replace')[:200]}")
        if last := LAST_WORDS.search(text):
            return Trouble("no-result", f"the guest's supervisor failed: {last[1].decode(errors='replace')[:200]}")
        if self._stopped_by in ("guest-shutdown", "guest-reset"):
            how = "switched off" if self._stopped_by == "guest-shutdown" else "started again"
            return Trouble("powered-off", f"the guest was {how} from within")
        return Trouble("vm-lost", f"QEMU was told to end: {self._stopped_by or 'nobody knows by whom'}")

    def last_line(self) -> str:
        """What its kernel said last."""
        return self.console.decode(errors="replace").strip().rpartition("\n")[2].strip()[:200] or "nothing"

    def end(self) -> None:
        """Kill the machine and forget it."""
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # the kernel is busy with it: it ends without us
            self._process.wait(END_LIMIT)
        self._selector.close()
        for end in self._ends.values():
            end.close()


def name_of(number: int) -> str:
    """Of a signal; those for real time have none but the first and the last."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
