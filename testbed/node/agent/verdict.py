"""What a run came to: ended, hung, lost or returned, apart or not, and in words why."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .failure import AMBIGUOUS, DENIED, INTERNAL, MISUSED, PAYLOAD, TRACELESS, classify
from .handshake import in_own_namespaces, no_folder
from .means import Means
from .report import Report
from .task import Task

LAUNCHER_FAILED = 125
LAUNCHER_MARK = re.compile(rb"^\[(?:vm|container)\]: ", re.MULTILINE)
WORDS = {
    DENIED: "the payload was refused and did not start",
    MISUSED: "the payload did not start, and the switch finds fault with the pilot's call",
    INTERNAL: "an internal error kept the payload from starting",
    AMBIGUOUS: "the payload did not start, nobody says why",
    TRACELESS: "the payload did not start, since nobody could have recorded it",
}
"""What a call that ran nothing came to, in words."""


def judged(means: Means, report: Report, code: int | None, reason: str, leftovers: str, task: Task) -> Report:
    """The last report: a payload that has started has run, whatever its code."""
    started = report.identity is not None
    separated = report.identity is not None and is_apart(means, report, report.identity)
    report = replace(report, separated=separated, code=code)
    if reason == "hung":
        why = f"the payload did not {'end' if started else 'start'} in time, so it was ended{leftovers}"
        # A call that is surely gone without having started anything is one without an answer.
        perhaps = started or task.machine.may_have_started
        state = "hung" if perhaps or task.account.remaining or report.bypassed else "returned"
        return replace(report, state=state, code=None, why=why)
    if reason == "ended":
        return replace(report, state="lost", why=f"{means.wake.ending} while the payload ran{leftovers}")
    machine = task.machine
    # A launcher that is told to end, as the VO asks for, has no time to write more.
    failed = machine.may_have_started and not (started and reason == "stopped")
    if failed or (started and launcher_failed(means, report)):
        what = "launcher" if means.orders.mode == "container" else "machine"
        seen = "failed while it ran" if started else "failed, and it may have run"
        why = f"the {what} of the payload {seen}{f' ({machine.said})' if machine.said else ''}{leftovers}"
        return replace(report, state="hung" if machine.cause == "time-limit" else "lost", why=why)
    if started:
        task.account.started = task.account.started or task.began
        apart = "apart from the pilot" if separated else "as the pilot, unseparated"
        asked = " and was stopped as the VO asked" if reason == "stopped" else ""
        asked += f"; its machine says: {machine.cause}" if machine.cause else ""
        return replace(report, state="ended", why=f"the payload ran {apart}{asked}{leftovers}")
    why = WORDS[class_of(means, task, report)]
    why += f" (its machine: {machine.said})" if machine.cause else ""
    return replace(report, state="returned", why=why + leftovers)


def is_apart(means: Means, report: Report, identity: Mapping[str, Any]) -> bool:
    """Whether a payload that says who it is runs apart from the pilot."""
    proven = means.orders.mode != "container" or in_own_namespaces(identity)
    return means.mode.separates and not report.bypassed and proven


def class_of(means: Means, task: Task, ran: Report) -> str:
    """The class of a call, as far as it tells by itself."""
    if ran.identity is None and task.machine.may_have_started:
        return PAYLOAD
    if ran.identity is None and (launcher_failed(means, ran) or no_folder(ran)):
        return INTERNAL
    return classify(ran.identity is not None, ran.code, ran.err.decode(errors="replace"))


def launcher_failed(means: Means, report: Report) -> bool:
    """Whether the launcher of a container or a machine says that it failed itself."""
    marked = report.code == LAUNCHER_FAILED and LAUNCHER_MARK.search(report.err) is not None
    return marked and means.orders.mode in ("vm", "container") and not report.bypassed
