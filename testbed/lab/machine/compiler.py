"""What the tests of the switch compile it with on this machine: ``python3 -m testbed.lab.machine.compiler``."""

import sys

from testbed.lab.machine import command, packages
from testbed.lab.machine.phases import Say, phase
from testbed.model.problem import Problem

PROGRAMS = {"gcc": "gcc", "readelf": "binutils", "setpriv": "util-linux"}
"""Each program, and the package that it is in."""
HEADERS = "libc6-dev"


def ensure(say: Say) -> str:
    """Have a compiler, installed where that may be done; says whether it was there."""
    missing = [package for program, package in PROGRAMS.items() if not command.on_path(program)]
    if not missing:
        return "gcc, answered"
    packages.install([*missing, HEADERS], "no compiler for the tests of the switch", say)
    return "installed"


def main() -> int:
    """0 when there is one, 2 when somebody has to install it."""
    try:
        with phase("compiler") as going:
            going.detail = ensure(print)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
