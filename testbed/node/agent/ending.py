"""The end of what runs of a payload: first kindly, and the switch last, which has a record to make."""

import contextlib
import os
import signal

from ..common.processes import children, descendants
from .beside import beside
from .log import log
from .means import Means
from .process import DRAIN, GRACE, Process
from .processes import ours, owner, runs
from .removal import CLEAR_LIMIT
from .report import MOST_NAMED
from .task import Task, without_copy


def end(means: Means, process: Process, task: Task) -> str:
    """End what still runs of a payload, first kindly; what had to be ended beyond it, in words.

    Before the switch itself is killed, which would take its last record from the site, what it runs is.
    """
    said = ""

    def resisting() -> list[int]:
        left = reap(process)  # where the switch refuses, it is not asked again and again
        return [pid for pid in left if ours(pid)] if said else left

    if process.code is None:
        send(means, signal.SIGTERM, [-process.group], task)
        process.turn_until(GRACE, lambda: process.code is not None)
    if process.code is None and (foreign := [pid for pid in descendants(process.group) if not ours(pid)]):
        said = send(means, signal.SIGKILL, foreign, task)
        process.turn_until(0 if said else GRACE, lambda: process.code is not None)
    if process.code is None:
        send(means, signal.SIGKILL, [-process.group], task)
        process.turn_until(GRACE, lambda: process.code is not None)
    process.turn_until(DRAIN, lambda: not process.open)
    ended: set[int] = set()
    for kind in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL, signal.SIGKILL):
        if not (left := resisting()):
            break
        ended.update(left)
        said = send(means, kind, left, task) or said
        process.turn_until(GRACE, lambda: not resisting())
    left = reap(process) and [pid for pid in descendants(os.getpid()) if runs(pid)]
    task.account.processes += len(ended - set(left))
    note = f"; left-over processes were ended: {len(ended - set(left))}" if ended - set(left) else ""
    if not left:
        return note
    named = ", ".join(f"{pid} of uid {owner(pid)}" for pid in left[:MOST_NAMED])
    named += f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
    task.account.remaining = (
        f"{named}; {said or 'they did not end'}; root of this node can end them, or the batch system by the job's "
        "cgroup or session, and the switch once it works again"
    )
    log(f"{task.payload.ident}: STILL RUNNING: {task.account.remaining}")
    return f"{note}; some could not be: {task.account.remaining}"


def reap(process: Process) -> list[int]:
    """Collect the orphans that have ended; those that have not."""
    left = []
    for pid in children():
        if pid == process.group and process.code is None:
            left.append(pid)
            continue
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                left.append(pid)
    return left


def send(means: Means, kind: signal.Signals, targets: list[int], task: Task) -> str:
    """Send a signal; through the switch, with the user's own proxy, where the targets are another account's.

    Why that did not go, where it did not.
    """
    foreign = []
    for target in targets:
        try:
            os.kill(target, kind)
        except ProcessLookupError:
            continue
        except PermissionError:
            foreign.append(str(target))
    if not (foreign and means.mode.own_account and task.calls):
        return f"they are not the pilot's: {' '.join(foreign)}" if foreign else ""
    # A process that has ended meanwhile is none that resists.
    script = 'kill -s "$0" -- "$@" 2>/dev/null; exit 0'
    command = [means.orders.switch, os.path.realpath("/bin/sh"), "-c", script, kind.name[3:], *foreign]
    ran = beside(means, command, without_copy(task), task, CLEAR_LIMIT)
    log(f"{kind.name} to {foreign} through the switch: code {ran}")
    return "" if ran.code == 0 else f"the switch, asked to let the user end them, ended with {ran}"
