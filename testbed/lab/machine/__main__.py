"""Makes this machine ready: ``python3 -m testbed.lab.machine [--with-venv]``, as the Makefile calls it.

It needs nothing but the standard library, so with ``--with-venv`` it makes `.venv` at the same time.
"""

import signal
import sys

from testbed.lab.machine import venv
from testbed.lab.machine.ready import make_ready
from testbed.model.problem import Problem


def main(arguments: list[str]) -> int:
    """0 when all is ready, 2 when somebody has to mend something, or interrupted it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if "--with-venv" in arguments:
            with venv.beside():
                make_ready()
        else:
            make_ready()
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing half-made is left, the next call goes on from here", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
