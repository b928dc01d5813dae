"""The whole call of bubblewrap: namespaces, and what the payload sees of files."""

import os
from collections.abc import Iterator

from .options import OWN, SHARED, Options
from .payload import Payload

BUBBLEWRAP = "/usr/bin/bwrap"
SHELL = "/bin/sh"
ROOM = 1 << 30
"""Bytes that each private folder in memory holds."""
HOSTNAME = "container"
SEEN = ("/usr", "/etc", "/opt", "/cvmfs")
"""What of the node the payload may read, where it is there."""
LINKS = ("/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32")


def bubblewrap(options: Options, payload: Payload, status: int, errors: int, proxy: int | None) -> list[str]:
    """The whole command: namespaces, the payload's view of files, and how it ends.

    Bubblewrap's own errors go one way and the payload's another, its standard error being put back by a shell.
    """
    words = [BUBBLEWRAP, "--unshare-user", "--unshare-uts", "--hostname", HOSTNAME, "--unshare-cgroup-try"]
    words += [f"--unshare-{name}" for name in ("pid", "ipc") if getattr(options, name) == OWN]
    words += ["--unshare-net"] if options.network == OWN else []
    words += ["--die-with-parent"] if options.die_with_parent else []
    words += ["--new-session"] if options.new_session else []
    words += ["--json-status-fd", str(status), *view(options, payload, proxy)]
    words += ["--chdir", payload.folder or payload.home]
    return [*words, "--", SHELL, "-c", f'exec "$@" 2>&{errors} {errors}>&-', "container", *payload.argv]


def view(options: Options, payload: Payload, proxy: int | None) -> Iterator[str]:
    """What the payload sees of files, each laid over those before. The rest of the node is not there."""
    for path in SEEN:
        yield from ("--ro-bind-try", path, path)
    for path in LINKS:
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
        elif os.path.isdir(path):
            yield from ("--ro-bind", path, path)
    yield from ("--proc", "/proc") if options.pid == OWN else ("--bind", "/proc", "/proc")
    yield from ("--dev", "/dev")
    yield from ("--mqueue", "/dev/mqueue") if options.ipc == OWN else ("--bind-try", "/dev/mqueue", "/dev/mqueue")
    yield from place("/dev/shm", options.shm, "1777")
    yield from ("--remount-ro", "/dev")
    yield from place("/tmp", options.tmp, "1777")
    yield from place("/var/tmp", options.tmp, "1777")
    yield from place(payload.home, options.home, "0700")
    if payload.folder:
        yield from ("--bind", payload.folder, payload.folder)
    if payload.proxy_folder:
        yield from ("--ro-bind", payload.proxy_folder, payload.proxy_folder)
    if proxy is not None:
        yield from ("--perms", "0600", "--ro-bind-data", str(proxy), f"{payload.home}/proxy.pem")
    yield from ("--remount-ro", "/")


def place(path: str, whose: str, mode: str) -> tuple[str, ...]:
    """A folder that is the payload's alone, empty and in memory; or the node's."""
    if whose == SHARED:
        return ("--bind", path, path)
    return ("--size", str(ROOM), "--perms", mode, "--tmpfs", path)
