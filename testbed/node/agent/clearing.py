"""Clearing up: what belongs to the payload's account is taken away by it, and what stays is told."""

import os
import re
from collections.abc import Mapping
from typing import Any

from .beside import beside
from .log import log
from .means import Means
from .removal import CLEAR, CLEAR_LIMIT, left_elsewhere
from .task import Task, without_copy

CLOCK = 0.02
"""Seconds by which the time of a file may be behind the clock: the kernel's own for files is a coarse one."""


def clear(means: Means, task: Task, identity: Mapping[str, Any] | None) -> None:
    """Take away what belongs to the payload's account, as that account; what stays is told."""
    task.cleared = True
    places = [str(path) for path in (task.place.work, task.place.copy) if os.path.lexists(path)]
    if places:
        command = [means.orders.switch, os.path.realpath("/bin/sh"), "-c", CLEAR, "clear", *places]
        ran = beside(means, command, without_copy(task), task, CLEAR_LIMIT)
        stays = [path for path in places if os.path.lexists(path)]
        counted = ran.code == 0 and re.fullmatch(rb"\s*\d{1,9}\s*", ran.out)
        task.account.leftovers = (int(ran.out) if counted else -1) if stays else 0
        if stays:
            task.account.left = f"{' '.join(stays)}: the switch ended with {ran}"
    if identity and (elsewhere := left_elsewhere(identity["uid"], task.began - CLOCK)):
        also = f"made elsewhere by uid {identity['uid']}: {' '.join(elsewhere)}"
        task.account.left = "; ".join(filter(None, (task.account.left, also)))
        task.account.leftovers += len(elsewhere) if task.account.leftovers >= 0 else 0
    if task.account.left:
        log(f"{task.payload.ident}: left behind: {task.account.left}")
