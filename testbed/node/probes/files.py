"""Attacks on files of others: read them, change them, put something beside them."""

import os
from collections.abc import Callable, Mapping

from testbed.node.probes.finding import LARGEST, Finding, Target, blocked, succeeded, untried

FIRST_OWN = 3
"""The first descriptor that is no standard stream."""


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


def plant(target: Target) -> Finding:
    """Put a new file into a folder, once it is sure that it is the victim's: by a file in it, ``holds``."""
    folder, marker = str(target["path"]), str(target["marker"]).encode()
    with open(os.path.join(folder, str(target["holds"])), "rb") as file:
        if marker not in file.read(LARGEST):
            return blocked(f"{folder} is there, but is not the victim's")
    path = os.path.join(folder, "planted")
    with open(path, "xb") as file:
        file.write(b"planted\n")
    return succeeded(f"{path} lies in it now") if os.path.exists(path) else untried(f"{path} was written, and is gone")


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
    """Look for a secret in our own environment."""
    marker = str(target["marker"])
    for name, value in os.environ.items():
        if marker in value:
            return succeeded(f"it is in {name}, one of {len(os.environ)} variables")
    return blocked(f"it is in none of {len(os.environ)} variables: {' '.join(sorted(os.environ))}")


KINDS: Mapping[str, Callable[[Target], Finding]] = {
    "read": read,
    "append": append,
    "plant": plant,
    "own-descriptors": own_descriptors,
    "own-environment": own_environment,
}
"""Each has {"marker"}; the first three {"path"}, ``plant`` also {"holds"}."""
