"""What a probe says of one attack: what it came to, and what was seen of it.

An attempt succeeded when something that only the victim has, its marker, was had; it was blocked when the kernel
refused, or when the victim is not there. All else was not tried, and says why: nothing follows from it.
"""

import errno
from collections.abc import Callable, Mapping

Target = Mapping[str, object]
Finding = dict[str, str]

REFUSED = {errno.EACCES, errno.EPERM, errno.ECONNREFUSED}
ABSENT = {errno.ESRCH, errno.ENOENT, errno.ENOTDIR, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EIDRM}
LARGEST = 1 << 20
"""Bytes that a probe reads of anything."""
LONGEST = 500
"""Characters that are said of an attack."""


def succeeded(saw: str) -> Finding:
    """The attack got what it wanted."""
    return finding("succeeded", saw)


def blocked(saw: str) -> Finding:
    """The attack was hindered, or its victim is not here."""
    return finding("blocked", saw)


def untried(why: str) -> Finding:
    """The attack could not be tried here."""
    return finding("not tried", why)


def finding(attempt: str, saw: str, number: str = "") -> Finding:
    """What is said of one attack; ``number`` is the name of an errno."""
    return {"attempt": attempt, "saw": saw[:LONGEST], "errno": number}


def tried(attack: Callable[[Target], Finding], target: Target) -> Finding:
    """What one attack came to, whatever it raised."""
    try:
        return attack(target)
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, str(error))
        return finding("blocked" if error.errno in REFUSED | ABSENT else "not tried", str(error), name)
    except (KeyError, ValueError, TypeError) as error:
        return untried(f"a target that makes no sense: {error!r}")


def by_any(ways: Mapping[str, Callable[[Target], Finding]], target: Target) -> Finding:
    """What an attack that is tried in several ways came to: one that works is enough, and each says what it saw.

    It was blocked where every way was.
    """
    found = {way: tried(does, target) for way, does in ways.items()}
    came_to = {each["attempt"] for each in found.values()}
    attempt = next(word for word in ("succeeded", "not tried", "blocked") if word in came_to)
    number = next((each["errno"] for each in found.values() if each["errno"] and attempt != "succeeded"), "")
    room = LONGEST // len(ways) - 2
    said = "; ".join(f"{way}: {each['attempt']}, {each['saw']}"[:room] for way, each in found.items())
    return finding(attempt, said, number)


def text(command: bytes) -> str:
    """A command line as people read it."""
    return command.replace(b"\0", b" ").decode(errors="replace").strip()[:200]
