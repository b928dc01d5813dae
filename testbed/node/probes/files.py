"""Attacks on files of others: read them, change them, put something beside them."""

import contextlib
import os
import stat
from collections.abc import Callable, Mapping
from typing import cast

from testbed.node.probes.finding import ABSENT, LARGEST, REFUSED, Finding, Target, blocked, by_any, succeeded, untried

FIRST_OWN = 3
"""The first descriptor that is no standard stream."""

PLACES = ("/root", "/home", "/tmp", "/var/tmp", "/var/lib", "/dev/shm", "/etc", "/opt", "/srv", "/run")
"""Where keys may lie; what a machine was told for itself is below /var/lib, as with cloud-init."""
TELLING = ("SECRET", "TOKEN", "PROXY", "_CONDOR", "PBS")
"""What the names of variables have in them that belong to a pilot or its batch system."""
SHARED = ("/tmp", "/var/tmp", "/dev/shm")
"""Where everybody may make a folder."""
MOST_FILES, MOST_FOLDERS = 10000, 10000
DEEPEST = 3
"""Slashes in the path of a folder below which nothing is looked for."""
LARGEST_KEY = 1 << 16
"""Bytes of a file that are looked at; a key is smaller."""


def read(target: Target) -> Finding:
    """Read a file; only what is in it proves anything."""
    return read_of(str(target["path"]), str(target["marker"]).encode())


def read_of(path: str, marker: bytes) -> Finding:
    """Read this file."""
    own = os.environ.get("X509_USER_PROXY")
    if own and os.path.realpath(own) == os.path.realpath(path):
        return blocked(f"{path} is the thief's own proxy: the victim's is not on this machine")
    with open(path, "rb") as file:
        content = file.read(LARGEST)
    if marker in content:
        return succeeded(f"{len(content)} bytes of {path}, the secret among them")
    return blocked(f"{path} is there, but holds nothing of the victim's: {len(content)} bytes")


def append(target: Target) -> Finding:
    """Write at the end of a file, once it is sure that it is the victim's."""
    path, marker = str(target["path"]), str(target["marker"]).encode()
    with open(path, "r+b") as file:
        content = file.read(LARGEST)
        if marker not in content:
            return blocked(f"{path} is there, but is not the victim's: {len(content)} bytes")
        file.write(b"\n# written by somebody else\n")
    return succeeded(f"{path} was {len(content)} bytes and is {os.stat(path).st_size} now")


def overwrite(target: Target) -> Finding:
    """Make a program of the victim's another one: write at its end, and put a file of one's own in its place."""
    return by_any({"write": append, "rename over it": replace}, {**target, "paths": [target["path"]]})


def plant(target: Target) -> Finding:
    """Put a new file into a folder of the victim's that everybody may write: told of by its ``path``, and looked for.

    That it is the victim's is sure by a file in it, ``holds``.
    """
    return by_any({"told": plant_told, "found": plant_found}, target)


def plant_told(target: Target) -> Finding:
    """The folder that one is told of."""
    folder, marker = str(target["path"]), str(target["marker"]).encode()
    with open(os.path.join(folder, str(target["holds"])), "rb") as file:
        if marker not in file.read(LARGEST):
            return blocked(f"{folder} is there, but is not the victim's")
    return planted(os.path.join(folder, "planted"))


def plant_found(target: Target) -> Finding:
    """One that is found, as find(1) does with -perm -0002, below the folders in which everybody may make some."""
    looked, open_to_all = 0, list[str]()
    for top in SHARED:
        for folder, names, _ in os.walk(top):
            looked += 1
            if looked > MOST_FOLDERS:
                return untried(f"there are more than {MOST_FOLDERS} folders")
            names[:] = names if folder.count("/") < DEEPEST else []
            with contextlib.suppress(OSError):
                status = os.stat(folder)
                if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
                    open_to_all.append(folder)
    for folder in open_to_all:
        held = look(os.path.join(folder, str(target["holds"])))
        if held and str(target["marker"]).encode() in held:
            return planted(os.path.join(folder, "planted-too"))
    return blocked(f"{len(open_to_all)} of {looked} folders are for everybody to write in, and none is the victim's")


def planted(path: str) -> Finding:
    """Make a file there."""
    with open(path, "xb") as file:
        file.write(b"planted\n")
    return succeeded(f"{path} lies in it now") if os.path.exists(path) else untried(f"{path} was written, and is gone")


def replace(target: Target) -> Finding:
    """Put a file of one's own in the place of one of the victim's, by rename(2): any of ``paths``."""
    marker, said = str(target["marker"]).encode(), []
    for path in cast(list[str], target["paths"]):
        own = f"{path}-own"
        try:
            with open(path, "rb") as file:
                if marker not in file.read(LARGEST):
                    said.append(f"{path} is there, but is not the victim's")
                    continue
            with open(own, "xb"):
                pass
            os.rename(own, path)
        except OSError as error:
            if error.errno not in REFUSED | ABSENT:
                raise
            said.append(str(error))
        else:
            return succeeded(f"{path} is an empty file of uid {os.stat(path).st_uid} now")
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(own)
    return blocked("; ".join(said))


def own_descriptors(target: Target) -> Finding:
    """Read what is open here without having been asked for, above the standard streams."""
    marker, seen = str(target["marker"]).encode(), []
    for number in sorted(int(name) for name in os.listdir("/proc/self/fd")):
        if number < FIRST_OWN:
            continue
        try:
            content = os.pread(number, LARGEST, 0)
        except OSError:
            continue  # the list itself, which is closed by now, or what cannot be read
        if marker in content:
            return succeeded(f"descriptor {number}: {len(content)} bytes, the secret among them")
        seen.append(number)
    return blocked(f"{len(seen)} descriptors above the standard streams can be read, none leads to the secret")


def own_environment(target: Target) -> Finding:
    """Look for a secret in our own environment; what else has a name as pilots give to secrets, is said."""
    marker = str(target["marker"])
    telling = " ".join(sorted(name for name in os.environ if any(word in name.upper() for word in TELLING))) or "none"
    if names := [name for name, value in os.environ.items() if marker in value]:
        return succeeded(f"it is in {' '.join(names)}, of {len(os.environ)} variables; telling names: {telling}")
    every = " ".join(sorted(os.environ))
    return blocked(f"it is in none of {len(os.environ)} variables; telling names: {telling}; all: {every}")


def search(target: Target) -> Finding:
    """Look for a secret in every file that can be read, where such things are kept; one's own proxy does not count."""
    marker = str(target["marker"]).encode()
    own, files, looked = os.path.realpath(os.environ.get("X509_USER_PROXY", "/")), 0, 0
    for top in PLACES:
        for folder, _, names in os.walk(top):
            for path in (os.path.join(folder, name) for name in names):
                files += 1
                if files > MOST_FILES:
                    return untried(f"there are more than {MOST_FILES} files")
                content = look(path)
                looked += content is not None
                if content and marker in content and os.path.realpath(path) != own:
                    return succeeded(f"{path}, {len(content)} bytes, the secret among them")
    return blocked(f"{looked} of {files} files could be read, and none holds it")


def look(path: str) -> bytes | None:
    """The beginning of a regular file that one may read."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with open(path, "rb") as file:
            return file.read(LARGEST_KEY)
    except OSError:
        return None


KINDS: Mapping[str, Callable[[Target], Finding]] = {
    "read": read,
    "append": append,
    "overwrite": overwrite,
    "plant": plant,
    "replace": replace,
    "search": search,
    "own-descriptors": own_descriptors,
    "own-environment": own_environment,
}
"""Each has {"marker"}; the first four {"path"}, ``plant`` also {"holds"}, ``replace`` {"paths"}."""
