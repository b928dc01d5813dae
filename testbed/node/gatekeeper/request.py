"""One request to the gatekeeper, from its words to its exit code."""

import json
import sys

from ..common.processes import adopt_orphans
from .account import FAILED, Refused
from .job import hear_the_end, run
from .mapping import mapped
from .pilot import become_pilot
from .record import log, record
from .report import tell


def main() -> int:
    """One request."""
    try:
        request = json.loads(sys.stdin.buffer.read())
        proxy, job, orders = str(request["proxy"]), request.get("job"), request.get("orders")
        if (job is None) == (orders is None):
            raise ValueError("a job or a pilot's orders, one of them")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log(f"a request that cannot be read: {error}")
        return 2
    try:
        account = mapped(proxy)
    except Refused as refused:
        log(f"not run: {refused.words}: {refused}")
        if orders is not None:
            return refused.code
        why = f"{refused.words}: {refused}"
        tell({"state": "returned", "code": refused.code, "failure": refused.failure, "why": why})
        return 0
    if orders is not None:
        try:
            record(account, "a pilot starts")
        except OSError as error:
            log(f"not run: it could not be recorded: {error}")
            return FAILED
        become_pilot(account, json.dumps(orders).encode())
    if why := adopt_orphans():
        log(why)
    hear_the_end()
    tell(run(account, proxy, job))
    return 0
