"""What a payload leaves on a worker node: put there, looked at by root, and taken away in the end."""

import contextlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from testbed.lab.wait import eventually
from testbed.lab.world import World
from testbed.model.entry import Entry
from testbed.model.mode import WAYS
from testbed.model.problem import Problem
from testbed.pilot.desk import Desk
from testbed.pilot.node_files import NodeFiles
from testbed.pilot.probes import probe

LIMIT = 10.0
"""Seconds for one look at the worker node."""
ANSWERED = 5.0
"""Seconds within which a program that runs answers; usual is a fiftieth of one."""
DAEMONS = ("atd", "cron")
_START = """\
mkdir -m 1777 "$1" || exit 1
cp -p /var/spool/cron/atjobs/.SEQ "$1.sequence" || exit 1
touch -d "2 seconds ago" /var/spool/cron/crontabs || exit 1
shift
for each; do /usr/sbin/$each || exit 1; done
"""
"""cron looks for new tables by whole seconds: one that is left in the second in which an old one was taken away, as a
reset does, would not be new to it (observed)."""
_CLEAR = """\
for each in atd crond; do
    [ -e /run/$each.pid ] || continue
    process=$(cat /run/$each.pid)
    kill "$process" && timeout 5 tail -s 0.02 -f /dev/null --pid="$process"
    rm -f /run/$each.pid
done
for process in $(grep -l -s -F -- "$2" /proc/[0-9]*/cmdline); do
    process=${process%/cmdline}
    [ "$(stat -c %u "$process" 2>/dev/null || echo 0)" = 0 ] || kill -KILL "${process#/proc/}"
done
grep -l -s -F -- "$2" /var/spool/cron/atjobs/* /var/spool/cron/crontabs/* \
    /home/*/.profile /home/*/.bashrc /home/*/.local/lib/python3*/site-packages/usercustomize.py | xargs -r rm -f
rm -rf "/tmp/$2"-* "/var/tmp/$2"-* "/dev/shm/$2"-* "/dev/mqueue/$2"
[ ! -e "$1.sequence" ] || cp -p "$1.sequence" /var/spool/cron/atjobs/.SEQ
rm -rf "$1" "$1.sequence"
while read -r key segment mode size maker last attached uid rest; do
    [ "$key" != "$3" ] || setpriv --reuid="$uid" --clear-groups -- ipcrm -m "$segment"
done </proc/sysvipc/shm
"""
"""Only its own account may remove a segment where root may not do all (CAP_SYS_ADMIN). The number of at's last job is
put back as well: the node is then what it was."""

_MACHINES = 'grep -l "^qemu-system" /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3 | xargs'
"""Their numbers, in one line. Nobody else's: the node is the raid's."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Census:
    """What is left of it at one moment, as root of the node sees it."""

    processes: tuple[Mapping[str, Any], ...]
    queued: tuple[str, ...]
    answers: Mapping[str, Mapping[str, Any]]

    def awaited(self, name: str) -> bool:
        """Whether the program of this name may yet answer."""
        return bool(self.running(name)) or (name == "at" and any("/atjobs/" in path for path in self.queued))

    def running(self, name: str) -> str:
        """The process of this name that runs, in words; empty for none."""
        for each in self.processes:
            if each["words"][-3:-2] == [name]:
                return f"process {each['pid']} of uid {each['uid']}"
        return ""


@dataclass(frozen=True, slots=True)
class Estate:
    """One payload's leavings on one node."""

    world: World
    mark: str
    """A word that is in all of them, and nowhere else."""
    place: str
    """A folder of the node's in which left-over programs answer."""
    key: int

    def orders(self) -> str:
        """What the payload that leaves them is told."""
        lingerer = probe("lingerer").decode()
        return json.dumps({"mark": self.mark, "place": self.place, "key": str(self.key), "lingerer": lingerer})

    def say(self, name: str, text: str) -> None:
        """Leave a word for the programs, as root."""
        self.world.node.put([Entry(f"{self.place}/{name}", text.encode(), 0o644)], limit=LIMIT)

    def census(self) -> Census:
        """What is left now."""
        words = ["python3", "-", self.mark, self.place]
        said = json.loads(self.world.node.run(words, stdin=probe("census"), limit=LIMIT).text)
        return Census(tuple(said["processes"]), tuple(said["queued"]), said["answers"])

    def settled(self, *names: str) -> Census:
        """What is left, once each program of these names has answered or is no more."""
        looks: list[Census] = []

        def known() -> bool:
            looks[:] = [self.census()]
            now = looks[0]
            return all(name in now.answers or not now.awaited(name) for name in names)

        eventually(known, within=ANSWERED)
        return looks[0]

    def machines(self) -> str:
        """The virtual machines that run on the node when those that end have had their time; empty for none."""
        looks: list[str] = []

        def none() -> bool:
            looks[:] = [self.world.node.run(["sh", "-c", _MACHINES], limit=LIMIT).text]
            return not looks[0]

        eventually(none, within=ANSWERED)
        return looks[0]


@contextlib.contextmanager
def estate(desk: Desk, *, killer: bool = False) -> Iterator[Estate]:
    """A node for a payload that leaves things behind: at and cron run there, and the switch ends nothing, as gLExec.

    With ``killer`` the switch does. All is taken away afterwards, the daemons included.
    """
    node = desk.world.node
    number = next(_numbers)
    left = Estate(desk.world, f"left-by-alice-{number}", f"/run/raid-{number}", 0x7E57B000 + number)
    conf: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
    if WAYS[desk.mode].calls_switch:
        conf = NodeFiles(node, desk.world.site).configured(end_leftovers="yes" if killer else "no")
    with conf:
        try:
            started = node.run(["sh", "-c", _START, "sh", left.place, *DAEMONS], limit=LIMIT)
            if started.code != 0:
                raise Problem(
                    "at and cron cannot be started", where=node.name, found=f"{started.ending} {started.err!r}"
                )
            yield left
        finally:
            words = [left.place, left.mark, str(left.key)]
            node.run(["sh", "-c", _CLEAR, "sh", *words], limit=LIMIT).check()
