"""The command `testbed` from its first moment on: Ctrl-C is answered while the rest is still loading."""

import sys


def main() -> int:
    """Load the verbs and run one."""
    try:
        from testbed import cli
    except KeyboardInterrupt:
        print("\ntestbed: interrupted; nothing was started", file=sys.stderr)
        return 2
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
