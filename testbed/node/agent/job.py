"""The pilot job, from its orders to its exit code: alone, or as so many workers as it has slots."""

import contextlib
import os
import signal
import ssl
import sys
from collections.abc import Sequence

from ..common.processes import adopt_orphans
from .log import log
from .means import Means
from .orders import Orders
from .packing import pack
from .pilot import serve
from .problems import Ended, OrdersProblem, VoProblem
from .sandbox import Sandbox
from .vo import Vo
from .wake import Wake


def main() -> int:
    """Work until there is nothing left to do, alone or as so many workers as there are slots."""
    if sys.argv[1:2] == ["--pack"]:
        return pack(sys.argv[2], sys.argv[3:])
    try:
        orders = Orders.parse(sys.stdin.buffer.read())
    except OrdersProblem as problem:
        log(str(problem))
        return 2
    if orders.slots == 1:
        return work(orders, 0)
    workers = []
    for number in range(orders.slots):
        if not (pid := os.fork()):
            os._exit(work(orders, number))
        workers.append(pid)
    return watch(workers)


def watch(workers: Sequence[int]) -> int:
    """Wait until every worker has ended; the worst of their codes. Each hears for itself when nobody reads us."""

    def pass_on(number: int, _: object) -> None:
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, pass_on)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers]
    return max(status if status >= 0 else 128 - status for status in statuses)


def work(orders: Orders, worker: int) -> int:
    """Work until there is nothing left to do; leave nothing behind."""
    wake = Wake()
    if orders.adopts and (why := adopt_orphans()):
        log(why)
    sandbox = Sandbox(orders.proxy)
    try:
        vo = Vo(orders, sandbox.proxy, worker, sandbox.renew)
        try:
            serve(Means.of(orders, sandbox, vo, wake))
        finally:
            vo.close()
    except ssl.SSLError as error:
        log(f"the orders' certificates cannot be used: {error}")
        return 2
    except VoProblem as problem:
        log(f"the VO gives no answer: {problem}")
        return 1
    except Ended as ended:
        log(str(ended))
        return 143
    finally:
        sandbox.remove()
    log("nothing left to do")
    return 0
