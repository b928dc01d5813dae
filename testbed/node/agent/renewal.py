"""A user's new proxy, brought to the payload that runs."""

import os
import time

from .beside import beside
from .log import log
from .means import Means
from .problems import VoProblem
from .report import Report
from .task import Task


def renew(means: Means, task: Task, report: Report, until: float) -> None:
    """Bring the user's new proxy to the running payload, in the old one's place at one blow; it has until then."""
    account = task.account
    try:
        proxy = means.vo.renew(task.payload.ident, until)
    except VoProblem as problem:
        account.renewal = str(problem)
        return
    means.sandbox.keep(task.payload.ident, proxy)
    if means.mode.calls_switch and not report.bypassed:
        if not os.path.lexists(task.place.copy):
            account.renewal = "there is no copy of the old one to be seen that could be renewed"
            return
        limit = max(min(means.orders.call_limit, until - time.monotonic()), 0.0)
        ran = beside(means, [means.orders.switch], task.calls, task, limit)
        account.renewal = "" if ran.code == 0 else f"the switch ended with {ran}"
    else:
        account.renewal = ""
    account.renewals += not account.renewal
    log(f"{task.payload.ident}: a new proxy: {account.renewal or 'brought'}")
