"""The pilot: takes payloads one by one, those that question 1 lets it, and leaves nothing of them behind."""

import os
import time
from dataclasses import replace

from .call import handle
from .clearing import clear
from .failure import INTERNAL
from .log import log
from .means import Means
from .payload import Payload
from .problems import Ended, SandboxProblem
from .removal import discard, remove
from .report import Account, Report
from .task import Task
from .unpacking import unpack

SECRETS = ("PILOT_SECRET", "_CONDOR_CREDS", "PBS_JOBCOOKIE", "BEARER_TOKEN")
"""Where a careless one has a secret: by a name of our choice, and by those of HTCondor's, Torque's and WLCG's."""


def serve(means: Means) -> None:
    """Run every payload that the VO has for us, and leave nothing of them behind."""
    if means.orders.careless:
        os.environ |= dict.fromkeys(SECRETS, means.orders.careless)
        os.set_inheritable(os.open(means.sandbox.proxy, os.O_RDONLY), True)
    while payload := next_payload(means):
        account, report = Account(), Report(payload.ident, means.orders.pilot)
        try:
            place = means.sandbox.place(payload, separates=means.mode.own_account, enclosed=means.mode.encloses)
        except OSError as error:
            why = f"its folder could not be made: {error.strerror}"
            report = replace(report, state="returned", failure=INTERNAL, why=why)
        else:
            report = served(means, Task(payload, place, account, payload.until), report)
        account.ended = time.time()
        code = "" if report.code is None else f", code {report.code}"
        log(f"{payload.ident} of {payload.user}: {report.state}{code}; {report.why}")
        means.vo.tell_end(replace(report, account=account))
        if account.bypass and account.remaining:
            raise Ended("what still runs of a payload that the pilot ran itself could read the next one's proxy")
        means.wake.check()


def served(means: Means, task: Task, report: Report) -> Report:
    """Run a payload if it is ours to run, and take away what was laid out for it, whatever comes."""
    payload, place = task.payload, task.place
    try:
        if refusal := not_ours(means, payload):
            report = replace(report, state="returned", why=refusal)
        else:
            unpack(payload.sandbox, place.folder)
            report = handle(means, task, report)
    except SandboxProblem as error:
        report = replace(report, state="returned", why=f"its sandbox could not be unpacked: {error}")
    finally:
        if means.mode.own_account:
            if not task.cleared and task.calls:  # the VO was lost while it ran
                clear(means, task, None)
        else:
            remove(place.copy.parent)
        discard(place.proxy)
        means.sandbox.forget_machine(payload.ident)
        if left := remove(place.folder):
            task.account.leftovers = left if task.account.leftovers >= 0 else -1
            task.account.left = "; ".join(filter(None, (task.account.left, str(place.folder))))
    return report


def next_payload(means: Means) -> Payload | None:
    """One that the VO has for us. Raises `Ended` when our own time is up."""
    means.wake.check()
    left = means.until - time.monotonic()
    if left <= 0:
        raise Ended(f"the pilot's own limit of {means.orders.limit:g} s is up")
    with means.notes.held() as seen:
        only = means.orders.answers.only(means.situation(None, None, seen))
    if only is not None:
        log(f"question 1 is answered {means.orders.answers.multi_user_pilots}: asks for payloads of {only}")
    return means.vo.next(left, only)


def not_ours(means: Means, payload: Payload) -> str:
    """Why a payload that the VO handed out is not to be run at this site; empty where it is."""
    with means.notes.held() as seen:
        at = means.situation(payload, None, seen)
    if at.owner and at.owner == at.pilot_owner:
        return ""
    allowed, why = means.orders.answers.may_fetch(at)
    return "" if allowed else f"not run: it is not the pilot owner's own, and {why}"
