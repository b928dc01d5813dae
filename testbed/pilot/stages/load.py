"""A payload takes what it gets of its node, within limits of the testbed's own; somebody of the pilot's needs some.

Its job, the pilot and all that this starts, has limits as batch systems set them: of processes for its account, and,
as a counter-measure, of memory for each process. They are set by who starts the job, here by sshd.
"""

import contextlib
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.model.mode import Mode
from testbed.model.outcome import Attempt
from testbed.model.problem import Problem
from testbed.pilot.desk import PILOT_LIMIT, Desk
from testbed.pilot.node_files import NodeFiles
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid
from testbed.pilot.stages.after import said_by
from testbed.pilot.stages.beside import PYTHON

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
FREE = 6
"""MiB that are free in /dev/shm, of which an engine gives 64."""
BALLAST = "/dev/shm/ballast"
KEYS = "/etc/ssh/authorized_keys.d"
_BALLAST = 'fallocate -l "$(($(stat -f -c "%a * %S" /dev/shm) - $1 * 1048576))" "$2"'

_numbers = itertools.count(1)


def load(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let Alice's payload take processes, memory and disk; hear of the pilot's need before and meanwhile."""
    number = next(_numbers)
    mark = f"hog-of-alice-{number}"
    account = desk.world.site.pilot_accounts[0].name
    with _limits(desk, account, measure) as processes, _little_room(desk):
        before = _need(desk, account, processes)
        guest = desk.mode is Mode.VM
        most = {"processes": MOST, "memory": GUESTS if guest else GIVEN, "disk": 2 * FREE}
        orders = json.dumps({"mark": mark, **most})
        payload, pilot = desk.send([*PYTHON, orders], "alice", probe("hog"))
        report = desk.vo.wait(payload, limit=PILOT_LIMIT, until="output")
        if b"\n" not in report.out:
            raise Problem("Alice's payload did not get to run", found=f"{report.state}: {report.why}\n{report.err!r}")
        meanwhile = _need(desk, account, processes)
        desk.vo.stop(payload)
        ran = desk.end_of(payload, pilot)
    took = said_by(ran)
    attempts, untried = _felt(before, meanwhile, took)
    held = took["memory"]["taken"] >= most["memory"]
    words = f"{took['memory']['taken']} of {most['memory']} MiB in one piece ({took['memory']['why']})"
    attempts[Attack.MUCH_MEMORY] = (Attempt.SUCCEEDED if held else Attempt.BLOCKED), words
    return Raid(ran, attempts, untried)


def _felt(
    before: Mapping[str, str], meanwhile: Mapping[str, str], took: Mapping[str, Any]
) -> tuple[dict[Attack, tuple[Attempt, str]], dict[Attack, str]]:
    """What the pilot's need felt of it; a need that was not met even before proves nothing."""
    attempts, untried = {}, {}
    kinds = {Attack.MANY_PROCESSES: ("process", "processes"), Attack.FULL_DISK: ("room", "disk")}
    for attack, (need, kind) in kinds.items():
        words = f"the payload took {took[kind]['taken']} ({took[kind]['why']}); the pilot"
        if before[need]:
            untried[attack] = f"the pilot could not even before: {before[need]}"
        elif meanwhile[need]:
            attempts[attack] = Attempt.SUCCEEDED, f"{words} then: {meanwhile[need]}"
        else:
            attempts[attack] = Attempt.BLOCKED, f"{words} had what it needed"
    return attempts, untried


def _need(desk: Desk, account: str, processes: int) -> dict[str, Any]:
    """What somebody of the pilot's gets; with a limit of 0, how many processes the kernel counts for the account."""
    words = ["python3", "-", str(processes), "/dev/shm/of-the-pilot"]
    said: dict[str, Any] = json.loads(desk.world.node.run(words, user=account, stdin=probe("needy"), limit=LIMIT).text)
    return said


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
