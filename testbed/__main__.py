"""The command `testbed` from its first moment on: Ctrl-C is answered while the rest is still loading."""

import os
import signal
import sys


def main() -> int:
    """Load the verbs, which takes half a second, and run one."""
    signal.signal(signal.SIGINT, _too_early)
    from testbed import cli

    signal.signal(signal.SIGINT, signal.default_int_handler)
    return cli.main()


def _too_early(number: int, frame: object) -> None:
    """End at once. An exception could be lost in whatever is just being loaded."""
    os.write(2, b"\ntestbed: interrupted; nothing was started\n")
    os._exit(2)


if __name__ == "__main__":
    sys.exit(main())
