#!/usr/bin/env python3
"""Times commands on a worker node: ``stopwatch.py PLAN.json``, as root; prints each one's milliseconds as JSON.

Every round starts each command once, one after the other, so that what else the machine does falls on all of them
alike. A command is started by posix_spawn from a small process that runs as its account already, and timed from there
until its end has been waited for. One that fails, or does not answer what it should, ends everything: nothing that did
not do its work is timed.
"""

import json
import os
import pwd
import signal
import sys
import time
from dataclasses import dataclass, field

from bench.node import lcmaps

LONGEST = 20
"""Seconds for one command."""
ANSWER_FD = 3
WRITE = os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True)
class Command:
    """One command, or with ``policy`` a call of LCMAPS in a process that has loaded its libraries already."""

    name: str
    account: str
    words: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    stdin: str = os.devnull
    reads: dict[str, str] = field(default_factory=dict)
    """Descriptor -> file that it has open."""
    writes: dict[str, str] = field(default_factory=dict)
    answer: str = ""
    """What it has to write to descriptor 3, among other things; nothing for a command that writes nothing there."""
    policy: str = ""

    def run(self) -> float:
        """Seconds."""
        return self._in_process() if self.policy else self._spawned()

    def _spawned(self) -> float:
        answer, ours = os.pipe()
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, self.stdin, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            *([(os.POSIX_SPAWN_DUP2, ours, ANSWER_FD)] if self.answer else []),
            *((os.POSIX_SPAWN_OPEN, int(there), path, os.O_RDONLY, 0) for there, path in self.reads.items()),
            *((os.POSIX_SPAWN_OPEN, int(there), path, WRITE, 0o600) for there, path in self.writes.items()),
        ]
        began = time.perf_counter()
        pid = os.posix_spawn(self.words[0], self.words, self.env, file_actions=actions)
        _, status = os.waitpid(pid, 0)
        seconds = time.perf_counter() - began
        os.close(ours)
        said = os.read(answer, 65536).decode() if self.answer else ""
        os.close(answer)
        code = os.waitstatus_to_exitcode(status)
        if code != 0 or self.answer not in said:
            raise SystemExit(f"{self.name} failed: {' '.join(self.words)} as {self.account}: {code} {said}")
        return seconds

    def _in_process(self) -> float:
        answer, ours = os.pipe()
        pid = os.fork()
        if pid == 0:
            os._exit(self._map(ours))
        os.close(ours)
        said = os.read(answer, 100)
        os.close(answer)
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
            raise SystemExit(f"{self.name} failed in a process of {self.account}")
        return float(said)

    def _map(self, answer: int) -> int:
        """Write the seconds to a descriptor; 0, or 1 when LCMAPS refuses."""
        with open(self.stdin, "rb") as file:
            uid, seconds = lcmaps.first_call(self.policy, self.env, file.read())
        os.write(answer, str(seconds).encode())
        return 1 if uid is None else 0


class Starter:
    """A process that runs as an account and times commands when it is told to."""

    def __init__(self, name: str, commands: list[Command]) -> None:
        asks, self._ask = os.pipe()
        self._answers, answer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                os.close(self._ask)
                self._serve(pwd.getpwnam(name), commands, asks, answer)
                code = 0
            except BaseException as failure:
                print(repr(failure), file=sys.stderr, flush=True)
            finally:
                os._exit(code)
        os.close(asks)
        os.close(answer)

    def _serve(self, account: pwd.struct_passwd, commands: list[Command], asks: int, answer: int) -> None:
        os.initgroups(account.pw_name, account.pw_gid)
        os.setresgid(*[account.pw_gid] * 3)
        os.setresuid(*[account.pw_uid] * 3)
        os.chdir("/")
        lcmaps.load()
        while place := os.read(asks, 4):
            signal.alarm(LONGEST)
            seconds = commands[int.from_bytes(place, "big")].run()
            signal.alarm(0)
            os.write(answer, str(seconds).encode())

    def time(self, place: int) -> float:
        """The seconds of one of all commands."""
        os.write(self._ask, place.to_bytes(4, "big"))
        said = os.read(self._answers, 100)
        if not said:
            raise SystemExit(f"no time was taken; the last was command {place}")
        return float(said)


def main(path: str) -> None:
    """Print, for each command, its milliseconds in every round."""
    with open(path) as file:
        plan = json.load(file)
    commands = [Command(**command) for command in plan["commands"]]
    starters = {name: Starter(name, commands) for name in dict.fromkeys(command.account for command in commands)}
    taken: dict[str, list[float]] = {command.name: [] for command in commands}
    for rounds in range(1 + plan["rounds"]):
        for place, command in enumerate(commands):
            seconds = starters[command.account].time(place)
            if rounds > 0:  # the first one warms caches, and gives a newcomer his account
                taken[command.name].append(1000 * seconds)
    print(json.dumps(taken))


if __name__ == "__main__":
    main(sys.argv[1])
