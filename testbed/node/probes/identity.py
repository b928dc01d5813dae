"""Says who a payload is, in the words of its own kernel: ``python3 - < identity.py``, one JSON object."""

import grp
import json
import os
import pwd
import stat
from collections.abc import Callable
from pathlib import Path


def name_of(look_up: Callable[[int], tuple[object, ...]], number: int) -> str:
    """The first field of a passwd or group entry, or the number where there is none."""
    try:
        return str(look_up(number)[0])
    except KeyError:
        return str(number)


def status() -> dict[str, str]:
    """What the kernel says of this process: ``/proc/self/status``."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def descriptors() -> dict[str, str]:
    """Every open descriptor and what it leads to, without the one that reads the list."""
    found = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            kind = stat.S_IFMT(os.fstat(int(number)).st_mode)
            found[number] = f"{stat.filemode(kind)[0]} {os.readlink(f'/proc/self/fd/{number}')}"
        except OSError:
            continue
    return found


def umask() -> str:
    """The mask, in octal: reading it means setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return f"{mask:04o}"


def main() -> None:
    """Print the facts."""
    seen = status()
    kernel = os.uname()
    facts = {
        "user": name_of(pwd.getpwuid, os.getuid()),
        "group": name_of(grp.getgrgid, os.getgid()),
        "groups": [name_of(grp.getgrgid, number) for number in os.getgroups()],
        "uids": list(os.getresuid()),
        "gids": list(os.getresgid()),
        "capabilities": {name: seen[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")},
        "no_new_privs": seen.get("NoNewPrivs"),
        "umask": umask(),
        "cwd": os.getcwd(),
        "environment": sorted(os.environ),
        "home": os.environ.get("HOME"),
        "proxy": os.environ.get("X509_USER_PROXY"),
        "descriptors": descriptors(),
        "pid": os.getpid(),
        "host": kernel.nodename,
        "kernel": kernel.release,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
