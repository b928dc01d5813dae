"""What starts a payload where it is kept apart: the words of the launchers of containers and machines."""

import math
import os

from .machine import packed
from .means import Means
from .modes import CONTAINER
from .task import Task


def launcher_of(means: Means, task: Task, limit: float) -> list[str]:
    """What starts a payload where it is kept apart, if the mode has such a thing."""
    match means.orders.mode:
        case "container":
            return container_launcher(means, task, limit)
        case "vm":
            return machine_launcher(means, task, limit)
        case _:
            return means.mode.launcher(limit)


def container_launcher(means: Means, task: Task, limit: float) -> list[str]:
    """What starts a payload in namespaces of its own. Of the pilot's folders it sees those that are for it."""
    return [
        *CONTAINER,
        *("--limit", str(math.ceil(limit)), "--options", means.orders.container, "--pilot", str(os.getpid())),
        *("--folder", str(task.place.folder), "--proxy-folder", str(task.place.copy.parent), "--"),
    ]


def machine_launcher(means: Means, task: Task, limit: float) -> list[str]:
    """The launcher of a machine for one run, with what goes in, and where it is to put what comes out."""
    payload, folder = task.payload, means.sandbox.machine(task.payload.ident)
    command = [*means.mode.launcher(limit), "--pilot", str(os.getpid()), "--result", str(folder / "result")]
    if payload.sandbox:
        (folder / "sandbox").write_bytes(packed(task.place.folder))
        command += ["--sandbox", str(folder / "sandbox")]
    if payload.outputs:
        command += ["--outputs", str(folder / "outputs"), *(f"--bring={name}" for name in payload.outputs)]
    return [*command, "--"]
