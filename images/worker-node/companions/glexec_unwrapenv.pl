#!/usr/bin/python3 -I
"""Run a command with the environment that GLEXEC_ENV holds. Python, in spite of its name. See glexec_wrapenv.pl.

    glexec_unwrapenv.pl [--exclude=NAME,NAME]... [--] COMMAND [ARGUMENT]...

Not restored are HOME, LOGNAME, USER, X509_USER_PROXY and _, which are the target's own, and GLEXEC_*, which glexec
decides on. GLEXEC_ENV itself is not handed on. A command alone, with blanks or anything else that a shell knows in
it, is for the shell. A GLEXEC_ENV that is missing or malformed: 255, and nothing is run; a command not there: 127.

The one who wraps has chosen the command as well, so LD_LIBRARY_PATH and the like are restored: that is what wrapping is
for. It is another matter for a command with more rights than its caller, set-id or with capabilities: it gets nothing
but what glexec gave. Nor is anything unwrapped for root. See docs/companions.md.
"""

import base64
import binascii
import getopt
import os
import shutil
import signal
import stat
import sys
import zlib

LOCAL = {b"HOME", b"LOGNAME", b"USER", b"X509_USER_PROXY", b"_"}
OF_THE_SWITCH = b"GLEXEC_"
LARGEST = 8 * 1024 * 1024
"""Bytes of an environment that may come out of a value; Linux takes 6 MiB at most."""
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_")
"""What means nothing to a shell."""
USUAL_PATH = "/usr/local/bin:/usr/bin:/bin"
FAILED, CANNOT_RUN, NOT_FOUND = 255, 126, 127


class Malformed(Exception):
    """GLEXEC_ENV is not what glexec_wrapenv.pl prints."""


def environment() -> dict[bytes, bytes]:
    """The variables this program was started with; of two with one name the first. Not what Python makes of them."""
    found: dict[bytes, bytes] = {}
    with open("/proc/self/environ", "rb") as file:
        for entry in file.read().split(b"\0"):
            name, equals, value = entry.partition(b"=")
            if name and equals:
                found.setdefault(name, value)
    return found


def unwrap(value: bytes) -> dict[bytes, bytes]:
    """The variables in a value."""
    found: dict[bytes, bytes] = {}
    try:
        inflater = zlib.decompressobj()
        text = inflater.decompress(base64.b64decode(value, validate=True), LARGEST)
        if not inflater.eof or inflater.unused_data:
            raise Malformed("it is cut off, too large, or has something behind its end")
        for part in text.split():
            name, equals, content = base64.b64decode(part, validate=True).partition(b"=")
            if not name or not equals or b"\0" in name + content or name in found:
                raise Malformed("a variable in it has no name, no value, a NUL, or comes twice")
            found[name] = content
    except (binascii.Error, zlib.error) as error:
        raise Malformed(str(error)) from error
    return found


def has_more_rights(program: str) -> bool:
    """Whether who runs this file gets rights from it."""
    if os.stat(program).st_mode & (stat.S_ISUID | stat.S_ISGID):
        return True
    try:
        return "security.capability" in os.listxattr(program)
    except OSError:
        return False  # a file system without such attributes has no capabilities to give


def complain(text: str, code: int) -> int:
    """Say it; the exit code."""
    sys.stderr.write(f"glexec_unwrapenv.pl: {text}\n")
    return code


def main() -> int:
    """Do what the arguments say; the exit code, unless the command takes this process over."""
    if 0 in (os.getuid(), os.geteuid()) or os.getuid() != os.geteuid() or os.getgid() != os.getegid():
        return complain("nothing is unwrapped for root, nor in a set-id program", FAILED)
    try:
        options, command = getopt.getopt(sys.argv[1:], "h", ["exclude=", "help"])
    except getopt.GetoptError as error:
        return complain(str(error), FAILED)
    if any(name in ("-h", "--help") for name, _ in options):
        print(__doc__)
        return 0
    if not command:
        return complain("there is no command", FAILED)
    given = environment()
    value = given.pop(b"GLEXEC_ENV", b"")
    if not value:
        return complain("GLEXEC_ENV is not set: there is no environment to restore, nothing is run", FAILED)
    excluded = LOCAL.union(*(os.fsencode(names).split(b",") for _, names in options))
    try:
        wrapped = unwrap(value)
    except Malformed as error:
        return complain(f"GLEXEC_ENV is malformed, nothing is run: {error}", FAILED)
    kept = {n: v for n, v in wrapped.items() if n not in excluded and not n.startswith(OF_THE_SWITCH)}
    if len(command) == 1 and not PLAIN.issuperset(command[0]):
        command = ["/bin/sh", "-c", command[0]]
    path = os.fsdecode(kept.get(b"PATH", given.get(b"PATH", b""))) or USUAL_PATH
    program = shutil.which(command[0], path=path)
    if program is None:
        return complain(f"{command[0]!r} is not there, or not to be executed", NOT_FOUND)
    if has_more_rights(program):
        complain(f"{program!r} has more rights than its caller: it gets nothing of the wrapped environment", 0)
        kept = {}
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores them, and the command would inherit that
    try:
        os.execve(program, command, given | kept)
    except OSError as error:
        return complain(f"{program!r}: {error.strerror}", CANNOT_RUN)


if __name__ == "__main__":
    sys.exit(main())
