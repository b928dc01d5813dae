"""Waiting for a condition instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(attempt: Callable[[], T], *, within: float, every: float = 0.01) -> T:
    """What ``attempt`` gives, as soon as it gives something true, or at the latest after ``within`` seconds.

    ``every`` is the pause between attempts. After the last one its result is returned, true or not.
    """
    deadline = time.monotonic() + within
    while not (found := attempt()) and time.monotonic() < deadline:
        time.sleep(every)
    return found
