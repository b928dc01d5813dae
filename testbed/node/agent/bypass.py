"""Question 4: a payload that the pilot runs itself, past a switch that is broken."""

import json
import os
import time
from dataclasses import replace

from ..common.site_log import syslog
from .failure import told
from .handshake import wrapped
from .log import log
from .means import Means
from .owner import owner_of
from .problems import VoProblem
from .process import LARGEST_STREAM
from .report import Report
from .run import run
from .task import Task, as_pilot

BYPASS_START = 10.0
"""Seconds until a payload must have started that the pilot runs itself."""
RECORD_LIMIT = 10.0
"""Seconds in which the site has to take the record of it."""
STILL_THERE = "something of a call of the switch still runs, and may yet start the payload"
LET_IN = (
    "the switch had let the user in, and it was the user's own account that got no further; whoever brings that about "
    "would get round the switch"
)
WORKERS = (
    "this pilot has several payloads at once, and what it runs itself could read the proxies of its workers, and of "
    "the others' users"
)
CARELESS = "this pilot leaves its own proxy open to what it starts, and so cannot hide it"


def question_4(means: Means, task: Task, failed: Report, failure: str) -> Report:
    """Give the payload back, or run it as the pilot: recorded and said so, with the pilot's proxy out of reach."""
    allowed, why = ruled(means, task, failed, failure, runs=0)
    if allowed and (objection := own_objection(means, task) or vos_objection(means, task)):
        allowed, why = False, objection
    if allowed:  # asking took its time, and other pilots of the node note something meanwhile
        allowed, why = ruled(means, task, failed, failure, runs=1)
    if not allowed:
        task.account.ruling = why
        return replace(failed, why=f"{failed.why}; {why}")
    payload, cause = task.payload, told(failed.err.decode(errors="replace"), failed.code)
    said = f"{cause.kind} {cause.reason}" if cause else "no cause told"
    line = (
        f"by-pass: glexec ended with {failed.code}, {said}, taken for {failure}; {means.orders.pilot} runs "
        f"{payload.ident} of {payload.user} itself, unseparated, as uid {os.getuid()}, for "
        f"{owner_of(payload.proxy) or 'nobody knows whom'}: {json.dumps(payload.argv)}"
    )
    try:
        syslog(means.orders.site_log, "pilot", line, RECORD_LIMIT)
    except OSError as error:
        task.account.ruling = f"no record could be made, {error.strerror or 'nobody takes it'}"
        return replace(failed, why=f"{failed.why}; not run by the pilot: {task.account.ruling}")
    log(f"{line}; {why}")
    task.account.bypass = why
    report = replace(Report(payload.ident, means.orders.pilot, bypassed=True), canary=failed.canary)
    with means.sandbox.proxy_hidden(task.account):
        until = time.monotonic() + BYPASS_START
        ran = run(means, task, wrapped(task), as_pilot(task), report, until)
    said = f"by-pass after {failed.code} of the switch, unseparated; "
    return replace(ran, why=said + ran.why, err=(failed.err + ran.err)[:LARGEST_STREAM], failure=failure)


def ruled(means: Means, task: Task, failed: Report, failure: str, *, runs: int) -> tuple[bool, str]:
    """What the site's answer to question 4 says now, and why; where it is yes so many more ``runs`` are noted."""
    cause = told(failed.err.decode(errors="replace"), failed.code)
    with means.notes.held() as seen:
        allowed, why = means.orders.answers.may_run_itself(failure, means.situation(task.payload, cause, seen))
        if allowed and seen.runs is not None:
            seen.runs += runs
    return allowed, why


def vos_objection(means: Means, task: Task) -> str:
    """Why the VO has nobody run this payload past the switch: its ban holds there as well. No answer is no."""
    try:
        return means.vo.ban(task.payload.ident)
    except VoProblem as problem:
        return f"the VO does not say whether it has banned its owner: {problem}"


def own_objection(means: Means, task: Task) -> str:
    """Why the pilot does not run a payload itself, though the site would let it."""
    if means.wake.ending or time.monotonic() >= means.until:
        return f"it would be ended at once: {means.wake.ending or 'the time of the pilot is up'}"
    if task.account.remaining:
        return STILL_THERE
    if task.let_in:
        return LET_IN
    if means.orders.careless:
        return CARELESS
    return WORKERS if means.orders.slots > 1 else ""
