"""The testbed's own modules in lcmaps.db: words that they do not take, and what the installation cannot give them."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from testbed.model.mode import Installation
from testbed.site import pdl
from testbed.site.capability import SYS_ADMIN
from testbed.site.decision import kind, policy_modules
from testbed.site.finding import Finding, error
from testbed.site.folder import POLICY
from testbed.site.site import Site

_SCRATCH = "lcmaps_mount_under_scratch.mod"
_TRACKING = "lcmaps_tracking_groupid.mod"
_BOUNDS = ("--tracking-groupid-min", "--tracking-groupid-max")
_LARGEST = 2**32 - 2
"""The highest gid that can be anybody's."""
_MOST = 8
"""Private folders that a payload can have."""


def of_our_modules(site: Site) -> Iterator[Finding]:
    """What LCMAPS would stop at, or the switch at every call."""
    for module in policy_modules(site):
        if kind(module) == _TRACKING:
            wrong = _bounds(module)
            remedy = (
                "there are --tracking-groupid-min N and --tracking-groupid-max N, or nothing: any gid without a name"
            )
        elif kind(module) == _SCRATCH:
            wrong = _paths(module)
            remedy = "there is -path FOLDER, repeated, or nothing: /var/tmp and /tmp"
            yield from _mounts(site, module)
        else:
            continue
        if wrong:
            yield error(POLICY, module.line, f"{module.alias} does not take its words: {wrong}", remedy)


def _mounts(site: Site, module: pdl.Module) -> Iterator[Finding]:
    if site.installation is Installation.LOG_ONLY:
        message = f"{module.alias} wants private folders, which log-only cannot make: every call ends with 202"
        yield error(POLICY, module.line, message, "take it out of the policy")
    elif SYS_ADMIN not in site.capabilities:
        message = f"{module.alias} wants private folders, which the worker node may not mount: every call ends with 202"
        remedy = f'say capabilities = ["{SYS_ADMIN}"] under [worker_node] in site.toml, or take it out of the policy'
        yield error(POLICY, module.line, message, remedy)


def _bounds(module: pdl.Module) -> str:
    """What is wrong with the options of tracking_groupid; empty for nothing."""
    words, bounds = module.arguments, [1, _LARGEST]
    for option, value in zip(words[::2], [*words[1::2], ""][: len(words[::2])], strict=True):
        if option not in _BOUNDS:
            return f"{option} is unknown"
        if words.count(option) > 1:
            return f"{option} is given twice"
        if not (value.isdecimal() and value.isascii() and str(int(value)) == value and 1 <= int(value) <= _LARGEST):
            return f"{option} needs a gid, not {value!r}"
        bounds[_BOUNDS.index(option)] = int(value)
    return "the lower bound is above the upper one" if bounds[0] > bounds[1] else ""


def _paths(module: pdl.Module) -> str:
    """What is wrong with the options of mount_under_scratch; empty for nothing."""
    words = module.arguments
    paths = list(words[1::2])
    for option in words[::2]:
        if option.lower() != "-path":
            return f"{option} is unknown"
    if len(words) % 2:
        return "-path has no value"
    for number, path in enumerate(paths):
        if not path.startswith("/") or path == "/" or str(PurePosixPath(path)) != path or ".." in path.split("/"):
            return f"{path} is no plain absolute path"
        for other in paths[:number]:
            if PurePosixPath(path).is_relative_to(other) or PurePosixPath(other).is_relative_to(path):
                return f"{path} is given twice, or lies in another"
    return f"more than {_MOST} folders" if len(paths) > _MOST else ""
