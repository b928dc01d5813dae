"""A crowd of light pilots on a worker node: what became of each payload, by the kernel and by the log."""

import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from testbed.credentials.grid import Bearer
from testbed.lab.layout import NODE
from testbed.lab.record import Record, records
from testbed.lab.world import World
from testbed.model.entry import Entry, folder
from testbed.model.mode import Installation, Mode
from testbed.model.problem import Problem
from testbed.pilot.client import NAME, Vo
from testbed.pilot.payload import Payload, State
from testbed.site.layout import SWITCH
from testbed.site.site import Site

PAYLOAD = ("/usr/bin/dash", "-c", 'echo "$1 $(/usr/bin/id -u)" >>"$2"', "payload")
"""Says, in the kernel's words, who it is, in one line: as often as it runs."""
ATTEMPTS = 3
LIMIT = 120.0
"""Seconds for all of a crowd, unless told."""
LOOK = 20.0
WITHIN = 1.0
"""Seconds in which all pilots begin."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Run:
    """A payload in the hands of one light pilot."""

    pilot: str
    payload: str
    user: str
    internal: int
    """How many internal errors the switch had with it."""
    state: State
    """What the pilot said of it in the end."""
    code: int
    again: int
    """How often the VO had to be asked again, by this pilot, so far."""
    late: bool
    """Whether the VO did not want to hear it any more."""
    start: float = 0.0
    """Seconds from the beginning of the crowd to the payload's start."""
    call: float = 0.0
    """Seconds from the call of the switch to the payload's start."""


@dataclass(frozen=True, slots=True)
class Result:
    """What all of it came to."""

    wanted: Mapping[str, tuple[str, str]]
    """Payload -> its word, its user."""
    runs: Sequence[Run]
    seconds: float
    gave_up: Sequence[str]
    """What pilots said that had no VO any more."""
    states: Mapping[str, State]
    """Payload -> how the queue has it."""
    ran: Mapping[str, Sequence[int]]
    """Word -> the uids with which it ran, in the words of the kernel."""
    recorded: Sequence[Record]
    histories: Mapping[str, str]
    """Payload that ran more than once -> all lines of its history."""
    begun: Sequence[float] = ()
    """When each pilot made its first call to the VO, in seconds since the crowd began."""
    heard: Sequence[float] = ()
    """When that was answered."""

    @property
    def rush(self) -> float:
        """Seconds from the first pilot's first call to the last one's."""
        return max(self.begun) - min(self.begun)

    @property
    def starts(self) -> list[float]:
        """Seconds to the start of each payload, sorted."""
        return sorted(run.start for run in self.runs if run.start)

    @property
    def internal(self) -> int:
        """How many calls of the switch had an internal error."""
        return sum(run.internal for run in self.runs)

    @property
    def twice(self) -> list[str]:
        """The payloads that ran more than once."""
        return list(self.histories)

    @property
    def doubted(self) -> list[str]:
        """The payloads whose history says that they may have run before."""
        return [payload for payload, why in self.histories.items() if "it may have run" in why]

    @property
    def unheard(self) -> list[str]:
        """The payloads of which the queue has no end, or that never ran."""
        ended = {payload for payload, state in self.states.items() if state is State.ENDED}
        return [each for each, (word, _) in self.wanted.items() if each not in ended or not self.ran.get(word)]

    def misjoined(self) -> list[str]:
        """Runs that the node's log has not just as often as the kernel: one start and one end under one pid."""
        joined = Counter(_word(record) for record in self.recorded if record.joined)
        doubtful = [_word(record) for record in self.recorded if not record.joined]
        return doubtful + [word for word, uids in self.ran.items() if joined[word] != len(uids)]

    def strangers(self, site: Site, bearer: Callable[[str], Bearer]) -> list[str]:
        """Runs as somebody else than an account of the user's pool, or of whom the log tells something else."""
        pools = ((pool.prefix, account) for pool in (site.pilots, *site.pools) for account in pool.accounts)
        names = {account.uid: (account.name, prefix) for prefix, account in pools}
        by_word: dict[str, list[Record]] = {}
        for record in self.recorded:
            by_word.setdefault(_word(record), []).append(record)
        found = []
        for word, user in self.wanted.values():
            who, told = bearer(user), by_word.get(word, [])
            apart = site.installation is Installation.SETUID
            right = site.pool_of(who.fqans, who.dn) if apart else site.pilots.prefix
            accounts = {record.account for record in told}
            for uid in self.ran.get(word, ()):
                name, prefix = names.get(uid, (str(uid), ""))
                if prefix != right or name not in accounts or any(record.dn != who.dn for record in told):
                    found.append(f"{word} of {user} ran as {name}; recorded: {'; '.join(map(str, told))}")
        return found


def let_loose(
    world: World,
    vo: Vo,
    mode: Mode,
    users: Sequence[str],
    many: int,
    *,
    meanwhile: Callable[[], None] = lambda: None,
    at_once: int = 64,
    limit: float = LIMIT,
) -> Result:
    """So many payloads of these users by turns, and a light pilot for each; ``meanwhile`` is done beside them.

    ``at_once`` is how many switches may be at work on the node at a time, ``limit`` in seconds.
    """
    number = next(_numbers)
    place = f"/tmp/crowd-{number}"
    world.node.put([folder(place, 0o755), Entry(f"{place}/ran", b"", 0o666)], limit=LOOK)
    words = [(f"word-{number}-{each}", users[each % len(users)]) for each in range(many)]
    payloads = [Payload(user, (*PAYLOAD, word, f"{place}/ran"), slot=place, attempts=ATTEMPTS) for word, user in words]
    wanted = dict(zip(vo.submit_all(payloads), words, strict=True))
    told: Future[dict[str, Any]] = Future()

    def loose() -> None:
        try:
            told.set_result(_loose(world, vo, mode, place, many, at_once, limit))
        except BaseException as error:
            told.set_exception(error)

    threading.Thread(target=loose, daemon=True).start()  # a run that is interrupted does not wait for it
    meanwhile()
    found = told.result()
    said = world.node.run(["cat", f"{place}/ran"], limit=LOOK).check().out.decode().split("\n")
    ran: dict[str, list[int]] = {}
    for word, uid in (line.split() for line in said if line):
        ran.setdefault(word, []).append(int(uid))
    listed = {line.ident: line.state for line in vo.list()}  # the newest thousand
    states = {ident: listed.get(ident) or vo.wait(ident, limit=0.001).state for ident in wanted}
    recorded = [each for each in records(world.node, len(said) - 1, within=LOOK) if _word(each)]
    runs = [Run(**{**run, "state": State(run["state"])}) for run in found["calls"]]
    twice = [payload for payload, (word, _) in wanted.items() if len(ran.get(word, ())) > 1]
    histories = {payload: "\n".join(map(str, vo.history(payload)[2])) for payload in twice}
    return Result(
        wanted,
        runs,
        found["seconds"],
        found["gave_up"],
        states,
        ran,
        recorded,
        histories,
        found["begun"],
        found["heard"],
    )


def _loose(world: World, vo: Vo, mode: Mode, slot: str, many: int, at_once: int, limit: float) -> dict[str, Any]:
    grid, account = world.grid, world.site.pilot_accounts[0].name
    plan = {
        "pilots": many,
        "within": WITHIN,
        "vo": {"name": NAME, "address": vo.address, "port": vo.port},
        "ca": grid.read("authority/ca.cert.pem").decode(),
        "proxy": grid.read(grid.bearer("pilot").file).decode(),
        "mode": str(mode),
        "slot": slot,
        "switch": SWITCH,
        "at_once": at_once,
        "limit": limit,
    }
    command = ["python3", f"{NODE}/crowd.py"]
    result = world.node.run(command, user=account, stdin=json.dumps(plan).encode(), limit=limit + LOOK)
    if result.code != 0:
        raise Problem(
            "a crowd of pilots failed", found=f"{result.ending}\n{result.err.decode(errors='replace')[-3000:]}"
        )
    told: dict[str, Any] = json.loads(result.out)
    return told


def _word(record: Record) -> str:
    """Which payload's run a record is; empty for others."""
    found = [word.strip("\"'") for word in record.command.split() if word.strip("\"'").startswith("word-")]
    return found[0] if found else ""
