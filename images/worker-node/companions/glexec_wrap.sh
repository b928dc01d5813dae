#!/usr/bin/python3 -I
"""Run a command through glexec with the environment of now. Python, in spite of its name: a shell loses variables.

    glexec_wrap.sh [COMMAND [ARGUMENT]...]

It is glexec_wrapenv.pl and glexec_unwrapenv.pl in one, which stand beside it. Without a command glexec is called
without one, which renews the target's proxy. The exit code is glexec's; 255 where the environment cannot be wrapped.
"""

import os
import signal
import subprocess
import sys

FAILED = 255


def environment() -> dict[bytes, bytes]:
    """The variables this program was started with; of two with one name the first. Not what Python makes of them."""
    found: dict[bytes, bytes] = {}
    with open("/proc/self/environ", "rb") as file:
        for entry in file.read().split(b"\0"):
            name, equals, value = entry.partition(b"=")
            if name and equals:
                found.setdefault(name, value)
    return found


def switch(variables: dict[bytes, bytes]) -> bytes:
    """The program glexec, where pilots look for it."""
    named = variables.get(b"OSG_GLEXEC_LOCATION", b"")
    if named and named != b"UNAVAILABLE":
        return named
    for name in (b"GLEXEC_LOCATION", b"GLITE_LOCATION"):
        if variables.get(name):
            return variables[name] + b"/sbin/glexec"
    return b"/usr/sbin/glexec"


def main() -> int:
    """Do what the arguments say; the exit code, unless glexec takes this process over."""
    here = os.path.dirname(os.path.realpath(__file__))
    variables = environment()
    command = sys.argv[1:]
    glexec = switch(variables)
    if command:
        wrap = subprocess.run([f"{here}/glexec_wrapenv.pl"], env=variables, stdout=subprocess.PIPE, check=False)
        if wrap.returncode != 0:
            return FAILED
        variables[b"GLEXEC_ENV"] = wrap.stdout
        command = [f"{here}/glexec_unwrapenv.pl", "--", *command]
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores them, and glexec would inherit that
    try:
        os.execve(glexec, [glexec, *map(os.fsencode, command)], variables)
    except OSError as error:
        sys.stderr.write(f"glexec_wrap.sh: {os.fsdecode(glexec)!r}: {error.strerror}\n")
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
