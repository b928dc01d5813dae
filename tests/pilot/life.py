"""The life of some payloads, told on standard output as far as it is acknowledged: ``life.py FILE DEATH``.

At the SQL statement of number DEATH, counted over everything, the process kills itself (SIGKILL). A line is printed
only after the queue has returned. 0: it lives to its end, and says how many statements there were.
"""

import json
import os
import signal
import sys
from pathlib import Path

from testbed.model.mode import Mode
from testbed.pilot.needs import Offer
from testbed.pilot.payload import Payload, Report, State
from testbed.pilot.queue import Queue
from testbed.pilot.store import Store


def main(file: Path, death: int) -> None:
    """Live."""
    count = 0

    def step(statement: str) -> None:
        nonlocal count
        count += 1
        if count == death:
            os.kill(os.getpid(), signal.SIGKILL)

    store = Store(file)
    store.connection.set_trace_callback(step)
    queue = Queue(store)
    offer = Offer(Mode.NONE)

    def known(ident: str) -> None:
        """Everything that an acknowledgement promises."""
        report = queue.look(ident)
        print(json.dumps([ident, report.state, report.out.decode(), len(queue.history(ident))]), flush=True)

    alices, bobs = Payload("alice", ("/bin/true",), attempts=2, sandbox=b""), Payload("bob", ("/bin/true",))
    first = queue.submit(alices, asked="alice's")
    known(first)
    second = queue.submit(bobs)
    known(second)
    queue.take("pilot-1", offer, request="1")
    known(first)
    queue.report(Report(first, State.STARTED, "pilot-1"))
    known(first)
    queue.report(Report(first, State.STARTED, "pilot-1", out=b"half\n"))
    known(first)
    queue.pilot_ended("pilot-1")
    known(first)
    queue.take("pilot-2", offer, request="1")
    known(first)
    queue.report(Report(first, State.ENDED, "pilot-2", 0, out=b"whole\n"))
    known(first)
    queue.stop(second)
    known(second)
    print(count, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
