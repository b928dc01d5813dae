#!/usr/bin/python3 -I
"""Print the environment as one value for GLEXEC_ENV, which glexec lets through. Python, in spite of its name.

    export GLEXEC_ENV=$(glexec_wrapenv.pl [--exclude=NAME,NAME]...)
    glexec /usr/sbin/glexec_unwrapenv.pl [--exclude=NAME,NAME]... -- COMMAND [ARGUMENT]...

The value is that of the Perl script of this name: each NAME=VALUE in base64, blanks between them, all of it deflated
and in base64 again. So any byte gets through, and each side may be another program. Whoever holds the value has the
whole environment: what a payload is not to see has to be left out here. See docs/companions.md.
"""

import base64
import getopt
import os
import sys
import zlib

LOCAL = {b"HOME", b"LOGNAME", b"USER", b"X509_USER_PROXY", b"_"}
"""What belongs to the account that has it."""
OF_THE_SWITCH = b"GLEXEC_"
"""glexec itself says which of these get through."""
LONGEST = 128 * 1024 - len("GLEXEC_ENV=") - 1
"""What Linux takes as one variable."""
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


def wrap(variables: dict[bytes, bytes]) -> bytes:
    """The variables as one value."""
    each = (base64.b64encode(name + b"=" + value) + b" " for name, value in variables.items())
    return base64.b64encode(zlib.compress(b"".join(each)))


def main() -> int:
    """Do what the arguments say; the exit code."""
    try:
        options, others = getopt.getopt(sys.argv[1:], "h", ["exclude=", "help"])
        if others:
            raise getopt.GetoptError(f"{others[0]!r} is no option")
    except getopt.GetoptError as error:
        sys.stderr.write(f"glexec_wrapenv.pl: {error}\n")
        return FAILED
    if any(name in ("-h", "--help") for name, _ in options):
        print(__doc__)
        return 0
    excluded = LOCAL.union(*(os.fsencode(names).split(b",") for _, names in options))
    taken = {}
    for name, value in environment().items():
        if name in excluded or name.startswith(OF_THE_SWITCH):
            sys.stderr.write(f"Skipping {os.fsdecode(name)!r}\n")
        else:
            taken[name] = value
    value = wrap(taken)
    if len(value) > LONGEST:
        sys.stderr.write(f"glexec_wrapenv.pl: {len(value)} bytes are more than one variable can hold; try --exclude\n")
        return FAILED
    sys.stdout.buffer.write(value)
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
