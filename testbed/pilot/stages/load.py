"""A payload takes what it gets of its node, within limits of the testbed's own; somebody of the pilot's needs some.

Its job, the pilot and all that this starts, has limits as batch systems set them: of processes for its account, and,
as a counter-measure, of memory for each process. They are set by who starts the job, here by sshd.
"""

import contextlib
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from testbed.lab.wait import eventually
from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.model.mode import Mode
from testbed.model.outcome import Attempt
from testbed.model.problem import Problem
from testbed.pilot.desk import PILOT_LIMIT, Desk
from testbed.pilot.node_files import NodeFiles
from testbed.pilot.payload import State
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid
from testbed.pilot.stages.bystander import LOOK, PYTHON, still_there
from testbed.pilot.stages.findings import last_words
from testbed.site.measured import FEW_FILES, INODES

LIMIT = 10.0
"""Seconds for one look at the worker node."""
ROOM = 40
"""Processes that the account may have beyond those that it has."""
MOST = 80
"""Processes that the payload starts at most."""
GIVEN = 64
"""MiB of memory that the job was given: the limit, where there is one."""
GUESTS = 256
"""MiB of memory that a machine has."""
HOLD, GUESTS_HOLD = 20.0, 1.5
"""Seconds for which it holds what it has, unless it is ended; whoever looks meanwhile takes a tenth of one."""
REFUSALS = ("can't start new thread", "Resource temporarily unavailable")
FREE = 6
"""MiB that are free in /dev/shm, of which an engine gives 64."""
FILES = 2 * INODES
"""Files that the payload makes at most, where a world of a raid's has fewer inodes."""
BALLAST = "/dev/shm/ballast"
KEYS = "/etc/ssh/authorized_keys.d"
_BALLAST = 'fallocate -l "$(($(stat -f -c "%a * %S" /dev/shm) - $1 * 1048576))" "$2"'
_RESIDENT = """\
for each in $(grep -l -s -F -- "$1" /proc/[0-9]*/cmdline); do
    while read -r name value rest; do [ "$name" != VmRSS: ] || echo "$value"; done <"${each%cmdline}status"
done
true
"""

_numbers = itertools.count(1)


def load(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let Alice's payload take memory and disk, then processes; hear of the pilot's need before and meanwhile.

    All at once where the processes are not of the pilot's uid; else its pilot would not live to tell the rest.
    """
    mark = f"hog-of-alice-{next(_numbers)}"
    account = desk.world.site.pilot_accounts[0].name
    guest, alone = desk.mode is Mode.VM, desk.mode in (Mode.SETUID, Mode.VM)
    most = {"processes": MOST if alone else 0, "memory": GUESTS if guest else GIVEN, "disk": 2 * FREE, "files": FILES}
    felt: dict[Attack, tuple[Attempt | None, str]] = {}
    with _limits(desk, account, measure) as processes, _little_room(desk):
        before = _need(desk, account, processes)
        orders = {"mark": mark, "hold": GUESTS_HOLD if guest else HOLD, **most}
        payload, pilot, said = _begun(desk, orders)
        if not said:  # nothing keeps it from its pilot after all, which did not live to tell
            felt[Attack.MANY_PROCESSES] = _told({}, before["process"], _pilots_end(desk, pilot))
            eventually(lambda: not _need(desk, account, processes)["process"], within=LIMIT)
            payload, pilot, _ = _begun(desk, {**orders, "processes": 0})
        meanwhile, resident = _need(desk, account, processes), _resident(desk, mark)
        if guest:  # nothing of the node's ends it there: it has to be seen that it has not ended by itself
            still_there(desk.vo.wait(payload, limit=LOOK))
        else:
            desk.vo.stop(payload)
        ran = desk.end_of(payload, pilot)
        took = last_words(ran)
        felt[Attack.FULL_DISK] = _told(took["disk"], before["room"], meanwhile["room"])
        felt[Attack.MANY_FILES] = _too_many(desk) or _told(took["files"], before["file"], meanwhile["file"])
        if alone and said:
            felt[Attack.MANY_PROCESSES] = _told(took["processes"], before["process"], meanwhile["process"])
        elif not alone and not measure:
            most |= {"processes": MOST, "memory": 0, "disk": 0, "files": 0}
            payload, pilot, took_then = _begun(desk, {"mark": mark, "hold": HOLD, **most})
            wants = _need(desk, account, processes)["process"] or _pilots_end(desk, pilot)
            felt[Attack.MANY_PROCESSES] = _told(took_then.get("processes", {}), before["process"], wants)
    words = f"it took {took['memory']['taken']} MiB in one piece: {took['memory']['why']}; the node saw {resident} MiB"
    held = _held(took["memory"]["taken"], resident, guest=guest)
    attempts = {attack: (found, seen) for attack, (found, seen) in felt.items() if found}
    untried = {attack: seen for attack, (found, seen) in felt.items() if not found}
    return Raid(ran, {**attempts, Attack.MUCH_MEMORY: (held, words)}, untried)


def _begun(desk: Desk, orders: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    """A payload of Alice's that holds what it could take, its pilot, and what it says, if that lives to tell."""
    payload, pilot = desk.send([*PYTHON, json.dumps(orders)], "alice", probe("hog"))
    report = desk.vo.wait(payload, limit=PILOT_LIMIT, until="output")
    lines = report.out.splitlines()
    if lines:
        return payload, pilot, json.loads(lines[0])
    if report.state is State.LOST and orders["processes"]:
        return payload, pilot, {}
    raise Problem("Alice's payload did not get to run", found=f"{report.state}: {report.why}\n{report.err!r}")


def _held(taken: int, resident: int, *, guest: bool) -> Attempt:
    """Whether it had more memory than its job was given. What a guest gives, its node does not see: there it is all."""
    return Attempt.SUCCEEDED if taken and (guest or resident > GIVEN) else Attempt.BLOCKED


def _told(took: Mapping[str, Any], before: str, meanwhile: str) -> tuple[Attempt | None, str]:
    """What the pilot's need felt of it; one that was not met even before, or who took nothing, proves nothing."""
    words = f"it took {took['taken']}: {took['why']}" if took else "nobody could tell any more what it took"
    if before:
        return None, f"the pilot could not even before: {before}"
    if meanwhile:
        return Attempt.SUCCEEDED, f"{words}; the pilot: {meanwhile}"
    if not took.get("taken"):
        return None, f"{words}, so nothing was taken from anybody"
    return Attempt.BLOCKED, f"{words}; the pilot had what it needed"


def _too_many(desk: Desk) -> tuple[None, str] | None:
    """Why nothing follows of many files: the node's folder holds more than the payload makes, as in the demo."""
    inodes = int(desk.world.node.run(["stat", "-f", "-c", "%c", FEW_FILES], limit=LIMIT).check().text)
    if 0 < inodes < FILES:
        return None
    return None, f"{FEW_FILES} has room for {inodes or 'uncounted'} files, and no load makes more than {FILES}"


def _pilots_end(desk: Desk, pilot: str) -> str:
    """The words of a pilot that ended because it could not start anything; empty for others."""
    end = desk.vo.wait_for_pilot(pilot, limit=0.1)
    lines = end.err.decode(errors="replace").splitlines()
    return next((line for line in reversed(lines) if any(word in line for word in REFUSALS)), "")


def _need(desk: Desk, account: str, processes: int) -> dict[str, Any]:
    """What somebody of the pilot's gets; with a limit of 0, how many processes the kernel counts for the account."""
    words = ["python3", "-", str(processes), "/dev/shm/of-the-pilot", f"{FEW_FILES}/of-the-pilot"]
    said: dict[str, Any] = json.loads(desk.world.node.run(words, user=account, stdin=probe("needy"), limit=LIMIT).text)
    return said


def _resident(desk: Desk, mark: str) -> int:
    """MiB that the payload's own process has in memory, as its node sees it; 0 where it has no such process."""
    seen = desk.world.node.run(["sh", "-c", _RESIDENT, "sh", mark], limit=LIMIT).text.split()
    return max((int(each) // 1024 for each in seen), default=0)


@contextlib.contextmanager
def _limits(desk: Desk, account: str, measure: Measure | None) -> Iterator[int]:
    """The limits of the account's jobs; that of its processes is a few more than the kernel counts now."""
    files = NodeFiles(desk.world.node, desk.world.site)
    processes = int(_need(desk, account, 0)["count"]) + ROOM
    limits = [f"--nproc={processes}", *([f"--data={GIVEN << 20}"] if measure is Measure.LIMITS else [])]
    command = f'exec /usr/bin/prlimit {" ".join(limits)} /usr/bin/dash -c \\"$SSH_ORIGINAL_COMMAND\\"'
    keys = files.read(f"{KEYS}/{account}")
    limited = "".join(f'command="{command}" {line}\n' for line in keys.splitlines() if line.strip())
    with files.altered(f"{KEYS}/{account}", limited):
        yield processes


@contextlib.contextmanager
def _little_room(desk: Desk) -> Iterator[None]:
    """A few MiB are free where everybody may write."""
    node = desk.world.node
    try:
        node.run(["bash", "-c", _BALLAST, "bash", str(FREE), BALLAST], limit=LIMIT).check()
        yield
    finally:
        node.run(["rm", "-f", BALLAST], limit=LIMIT).check()
