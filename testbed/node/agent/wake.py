"""Signals, and the end of the connection that the pilot was started over."""

import contextlib
import os
import select
import signal

from .log import log
from .problems import Ended


class Wake:
    """Signals as something that can be waited for together with everything else."""

    def __init__(self) -> None:
        self.fd, sink = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(sink, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGUSR1, lambda *_: log("somebody sent SIGUSR1, which nobody had a reason to"))
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, self._end)
        self.ending = ""

    def _end(self, number: int, _: object) -> None:
        self.ending = f"the pilot got {signal.Signals(number).name}"

    def drain(self) -> None:
        """Forget the wake-ups so far; `ending` is what they meant."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.fd, 4096):
                pass

    def wait(self, limit: float) -> None:
        """Until a signal, the end of the connection, or for so many seconds."""
        either = select.poll()
        either.register(self.fd, select.POLLIN)
        either.register(1, 0)
        for number, _ in either.poll(limit * 1000):
            if number == self.fd:
                self.drain()
            else:
                self.hung_up()

    def hung_up(self) -> None:
        """Nobody reads our output any more: whoever started us is gone."""
        self.ending = self.ending or "the connection to the pilot was closed"

    def check(self) -> None:
        """Raise `Ended` when the pilot was told to end."""
        line = select.poll()
        line.register(1, 0)
        if line.poll(0):
            self.hung_up()
        if self.ending:
            raise Ended(self.ending)
