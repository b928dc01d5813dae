"""Where a killing takes place: a world, a VO that may be killed, one payload that counts how often it ran."""

import itertools
import json
from dataclasses import replace

from testbed.lab.layout import NODE
from testbed.lab.world import LeasedWorld
from testbed.model.death import Left
from testbed.model.entry import Entry, folder
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.client import Vo
from testbed.pilot.history import QUEUE
from testbed.pilot.kill.spare import Spare
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, State
from testbed.site.service import PLACE

LIMIT = 20.0
"""Seconds within which a step has to be reached; usual is one."""
MACHINE_LIMIT, START_LIMIT = 60.0, 30.0
"""The same where a machine boots first; and until a payload has to have started in it."""
PAYLOAD_LIMIT = 60.0
PILOT_LIMIT = 120.0
SCRIPT = """\
echo "began $$" >>"$1/log"
if [ "$2" = leaves ] && [ ! -e "$1/go" ]; then
    /usr/bin/setsid /usr/bin/dash -c 'trap "echo felt >>$0/felt" TERM; echo armed >>"$0/armed"
        while [ ! -e "$0/rest" ]; do /usr/bin/sleep 0.05; done' "$1" </dev/null >/dev/null 2>&1 &
    while [ ! -e "$1/armed" ]; do /usr/bin/sleep 0.02; done
fi
while [ "$2" = waits ] && [ ! -e "$1/go" ]; do /usr/bin/sleep 0.05; done
echo "over $$" >>"$1/log"
"""
"""A payload: it says that it began and that it is over, waits for a word in between, or leaves a process behind that
does not mind SIGTERM."""
IN_MACHINE = """\
echo "began $$"
[ "$2" != waits ] || sleep 600
echo "over $$"
"""
"""The same in a machine, where no word reaches it: it waits until it is ended."""
KILL = """\
import contextlib, os, pathlib, sys
word = sys.stdin.buffer.read()
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    with contextlib.suppress(OSError):
        if word in path.read_bytes():
            os.kill(int(path.parent.name), 9)
"""

_numbers = itertools.count(1)


class Ground:
    """One payload, its pilots, and what can be learnt and done on the node."""

    def __init__(self, world: LeasedWorld, spare: Spare, mode: Mode) -> None:
        self.world = world
        self.spare = spare
        self.mode = mode
        self.place = f"/tmp/kill-{next(_numbers)}"
        self.slot = self.place.rpartition("/")[2]
        self.heard: set[str] = set()
        """The pilots from whose machines somebody outside has heard that the payload began."""
        self.limit = MACHINE_LIMIT if mode is Mode.VM else LIMIT
        self.prepare()

    @property
    def vo(self) -> Vo:
        """The VO that may be killed."""
        return self.spare.vo

    def prepare(self) -> None:
        """The folder in which the payload leaves its marks, whoever it runs as."""
        self.world.node.put([folder(self.place, 0o777), Entry(f"{self.place}/log", b"", 0o666)], limit=LIMIT)

    def submit(self, does: str, attempts: int) -> str:
        """Queue the payload; its id. It ``waits`` or ``leaves`` something, or neither."""
        argv = ("/usr/bin/dash", "-c", IN_MACHINE if self.mode is Mode.VM else SCRIPT, "payload", self.place, does)
        return self.vo.submit(Payload("alice", argv, b"", PAYLOAD_LIMIT, self.slot, attempts=attempts))

    def send(self) -> str:
        """Send a pilot; its id."""
        world = self.world
        account = world.site.pilot_accounts[0].name
        node = {"name": world.node_name, "address": world.node.address, "account": account}
        starting = START_LIMIT if self.mode is Mode.VM else 10.0
        order = Order(self.mode, slot=self.slot, limit=PILOT_LIMIT, start_limit=starting, node=node)
        return self.vo.start_pilot(replace(order, retries=1, retry_delay=0.2))

    def strike(self, *words: str, limit: float = 0.0) -> str:
        """Await a moment on the node and strike there; see `testbed/node/strike.py`. Raises `Problem`."""
        limit = limit or self.limit
        done = self.world.node.run(["python3", f"{NODE}/strike.py", f"{limit:g}", *words], limit=limit + 5)
        if done.code != 0:
            raise Problem("a step was not reached", found=f"{done.ending} {done.err.decode(errors='replace')}".strip())
        return done.text

    def mark(self, name: str) -> None:
        """Leave a file in the payload's folder: a word to it."""
        self.world.node.run(["touch", f"{self.place}/{name}"], limit=LIMIT).check()

    def hears(self, word: str, pilot: str) -> None:
        """Await that the payload says a word: by its mark, or out of its machine into the pipe that its pilot reads."""
        if self.mode is Mode.VM:
            self.strike(f"heard={word}:{pilot}")
            self.heard.add(pilot)
        else:
            self.strike(f"said={word}:{self.place}/log")

    def began(self, payload: str) -> int:
        """How often the payload has begun, by its own marks; in a machine, by what was heard of it."""
        if self.mode is Mode.VM:
            history = self.vo.history(payload)[2]
            told = (change.who for change in history if change.state in (State.STARTED, State.ENDED))
            self.heard.update(who for who in told if who != QUEUE)
            return len(self.heard)
        said = self.world.node.run(["cat", f"{self.place}/log"], limit=LIMIT).check().out.decode()
        return sum(line.startswith("began ") for line in said.splitlines())

    def left(self) -> Left:
        """What is left now: on the node, as `testbed/node/leftovers.py` counts it, and of leases at the authority."""
        site = self.world.site
        words = [str(site.pilot_accounts[0].uid), str(site.first_uid)]
        command = ["python3", f"{NODE}/leftovers.py", *words]
        told = self.world.node.run(command, stdin=self.place.encode(), limit=LIMIT).check().text
        left = Left(**json.loads(told))
        hosts = [host.container.execute(["ls", f"{PLACE}/gridmapdir"], limit=LIMIT) for host in self.world.authorities]
        leases = sum(name.startswith(b"%") for names in hosts for name in names.split())
        return replace(left, leases=left.leases + leases)

    def kill_as(self, account: str) -> None:
        """Send SIGKILL to all that is left of the payload and its switch, as far as an account may."""
        self.world.node.run(["python3", "-c", KILL], user=account, stdin=self.place.encode(), limit=LIMIT).check()
