"""Counter-measures that are taken on the worker node: for the time of a raid, with proof that they are in force.

What is a matter of the payload's start instead, as a pilot that is careful or a namespace more, a stage does itself: it
is told the measure as well. What a world needs to be allowed for a measure is in `testbed.site.measured`.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

from testbed.lab.layout import NODE
from testbed.lab.world import World
from testbed.model.measure import Measure
from testbed.model.problem import Problem
from testbed.pilot.node_files import NodeFiles

LIMIT = 10.0
"""Seconds for one command on the worker node; usual is a hundredth of one."""
Taken = Callable[[World], AbstractContextManager[None]]
"""Has a measure in force on a world for as long as a ``with`` lasts. Raises `Problem` where it is not, or stays: the
world is thrown away then."""

EPILOGUE = f"{NODE}/epilogue.py"
MOUNT_UNDER_SCRATCH = "lcmaps_mount_under_scratch.mod"
SHARED = ("/tmp", "/var/tmp", "/dev/shm")
"""Where everybody may write."""
_NOSUID = """\
for each; do
    mount --bind "$each" "$each"
    mount -o remount,bind,nosuid "$each"
    tac /proc/self/mounts | grep -m 1 "^[^ ]* $each " | grep -q '[ ,]nosuid[, ]'
done
"""
"""The last mount of a place is the one that counts."""
_COUNT = 'for each; do grep -c "^[^ ]* $each " /proc/self/mounts || :; done'
_AS_BEFORE = """\
while [ "$#" -gt 0 ]; do
    while [ "$(grep -c "^[^ ]* $1 " /proc/self/mounts)" -gt "$2" ]; do umount -l "$1"; done
    shift 2
done
"""
"""Places, each with the number of mounts that it had: /dev/shm is one without us."""


@contextlib.contextmanager
def hidepid(world: World) -> Iterator[None]:
    """/proc shows to each account its own processes only, and to root all."""
    try:
        _remounted(world, "invisible")
        yield
    finally:
        _remounted(world, "off")


def _remounted(world: World, hiding: str) -> None:
    """Mount /proc anew, and look from an account whether it sees the first process, which is root's."""
    world.node.run(["mount", "-o", f"remount,hidepid={hiding}", "/proc"], limit=LIMIT).check()
    account = world.site.pilot_accounts[0].name
    seen = world.node.run(["test", "-e", "/proc/1"], user=account, limit=LIMIT).code == 0
    if seen != (hiding == "off"):
        found = f"hidepid={hiding}, and {account} {'sees' if seen else 'does not see'} process 1"
        raise Problem("/proc could not be mounted as wanted", where=world.node_name, found=found)


@contextlib.contextmanager
def epilogue(world: World) -> Iterator[None]:
    """The switch runs the site's epilogue behind each payload, as root. Where that cannot be, it runs no payload."""
    with NodeFiles(world.node, world.site).configured(epilogue=EPILOGUE):
        yield


@contextlib.contextmanager
def private_tmp(world: World) -> Iterator[None]:
    """The policy promises folders of its own to each payload. Where they cannot be had, the switch runs none."""
    words = " ".join((MOUNT_UNDER_SCRATCH, *(f"-path {folder}" for folder in SHARED)))
    with NodeFiles(world.node, world.site).policy(words):
        yield


@contextlib.contextmanager
def tmp_nosuid(world: World) -> Iterator[None]:
    """Set-id bits do not count where everybody may write."""
    counts = world.node.run(["sh", "-ec", _COUNT, "sh", *SHARED], limit=LIMIT).text.split()
    before = itertools.chain.from_iterable(zip(SHARED, counts, strict=True))
    try:
        world.node.run(["sh", "-ec", _NOSUID, "sh", *SHARED], limit=LIMIT).check()
        yield
    finally:
        world.node.run(["sh", "-ec", _AS_BEFORE, "sh", *before], limit=LIMIT).check()


MEASURES: Mapping[Measure, Taken] = {
    Measure.HIDEPID: hidepid,
    Measure.EPILOGUE: epilogue,
    Measure.PRIVATE_TMP: private_tmp,
    Measure.TMP_NOSUID: tmp_nosuid,
}


def taken(measure: Measure | None, world: World) -> AbstractContextManager[None]:
    """The measure in force; nothing where there is none, or where the stage takes it."""
    take = MEASURES.get(measure) if measure else None
    return take(world) if take else contextlib.nullcontext()
