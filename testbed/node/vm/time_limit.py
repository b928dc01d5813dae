"""A time limit on whatever this process waits for, by SIGALRM."""

import signal
import time
from typing import NoReturn


class Expired(Exception):
    """A time limit has passed."""


def arm(seconds: float) -> None:
    """Raise `Expired` in this process after so many seconds, whatever it then waits for."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def disarm() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)


def expire(*_: object) -> NoReturn:
    raise Expired


def seconds_since(began: float) -> float:
    return round(time.monotonic() - began, 3)
