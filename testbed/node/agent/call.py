"""A payload's way through the switch, and what follows when that fails."""

import os
import random
import time
from dataclasses import replace

from ..common.handshake import WRAPPER
from .beside import beside
from .bypass import question_4
from .failure import AMBIGUOUS, INTERNAL, MISUSED, PAYLOAD, TRACELESS, canary_of, classify, told
from .handshake import NAMED_WRAPPER, wrapped
from .launcher import launcher_of
from .log import log
from .means import Means
from .problems import VoProblem
from .report import MOST_CALLS, Report
from .run import run
from .task import Task, as_pilot, for_switch
from .verdict import class_of


def handle(means: Means, task: Task, report: Report) -> Report:
    """Run one payload through the mode, and itself where question 4 allows it."""
    until = min(time.monotonic() + means.orders.start_limit, means.until)
    if not means.mode.calls_switch:
        return run(means, task, wrapped(task), as_pilot(task), report, until)
    task.calls = for_switch(task, means.sandbox.proxy)
    allowed = means.orders.start_limit + task.payload.limit
    own_account = means.mode.own_account
    contained, elsewhere = means.orders.mode == "container", means.orders.mode == "vm"
    wrapper = NAMED_WRAPPER if contained else WRAPPER
    words = wrapped(task, own_account=own_account, in_folder=means.mode.in_folder, elsewhere=elsewhere, wrapper=wrapper)
    tries = 0
    while True:
        launcher = launcher_of(means, task, allowed)
        command = [means.orders.switch, *launcher, *words]
        began = time.monotonic()
        ran = run(means, task, command, task.calls, report, until)
        ran, failure = classified(means, task, ran, began)
        if ran.state != "returned":
            return ran
        if failure == MISUSED and not task.account.mended and mend(means, task):
            continue
        if failure not in (INTERNAL, TRACELESS) or tries == means.orders.retries or task.account.remaining:
            return question_4(means, task, ran, failure)
        tries += 1
        pause = random.uniform(means.orders.retry_delay, means.orders.retry_delay * tries)
        if time.monotonic() + pause >= until:
            return question_4(means, task, ran, failure)
        if reason := paused(means, pause, report):
            return replace(ran, why=f"{ran.why}; {reason}")


def classified(means: Means, task: Task, ran: Report, began: float) -> tuple[Report, str]:
    """The class of a call, after a canary where it is ambiguous; told in the report's words and the account."""
    err = ran.err.decode(errors="replace")
    failure, cause = class_of(means, task, ran), told(err, ran.code)
    if ran.state == "returned" and failure == AMBIGUOUS and not means.wake.ending:
        canary = canary_call(means, task)
        task.account.canary = canary
        failure = classify(False, ran.code, err, canary)
        ran = replace(ran, canary=canary, why=f"{ran.why}; the pilot's own harmless call {canary}: {failure}")
    call = {
        "code": ran.code if failure != PAYLOAD else None,
        "failure": failure,
        "cause": f"{cause.kind} {cause.reason}" if cause and failure != PAYLOAD else "",
        "seconds": round(time.monotonic() - began, 3),
    }
    task.account.calls = [*task.account.calls, call][:MOST_CALLS]
    if failure == PAYLOAD:
        with means.notes.held() as seen:
            seen.worked, seen.runs = time.time(), 0
        return ran, failure
    return replace(ran, failure=failure), failure


def canary_call(means: Means, task: Task) -> str:
    """How a harmless call of the switch with the pilot's own credential goes, right after an ambiguous one."""
    own = {"GLEXEC_CLIENT_CERT": str(means.sandbox.proxy), "GLEXEC_SOURCE_PROXY": str(means.sandbox.proxy)}
    environment = {**task.calls, **own, "GLEXEC_TARGET_PROXY": "/dev/null", "GLEXEC_ID": "canary"}
    ran = beside(
        means, [means.orders.switch, os.path.realpath("/bin/true")], environment, task, means.orders.call_limit
    )
    canary = canary_of(ran.code, ran.err.decode(errors="replace"))
    log(f"{task.payload.ident}: canary {canary}, code {ran}")
    return canary


def mend(means: Means, task: Task) -> bool:
    """Put the credentials of a call in their places anew, the user's as the VO has it now; whether that went."""
    try:
        proxy = means.vo.renew(task.payload.ident)
    except VoProblem as problem:
        log(f"{task.payload.ident}: its call could not be mended: {problem}")
        return False
    means.sandbox.keep(task.payload.ident, proxy)
    means.sandbox.renew()
    task.account.mended = True
    log(f"{task.payload.ident}: the switch says that the call was wrong; mended, and once more")
    return True


def paused(means: Means, pause: float, report: Report) -> str:
    """Wait before the next call; why there is to be none, if so."""
    deadline = time.monotonic() + pause
    while (left := deadline - time.monotonic()) > 0:
        means.wake.wait(left)
        if means.wake.ending:
            return f"{means.wake.ending} before the switch was called again"
    return "not called again, as the VO asked" if means.vo.tell(report).stop else ""
