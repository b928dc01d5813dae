#!/usr/bin/env python3
"""Times virtual machines on the node itself: ``machines.py PLAN.json``, as the pilot; prints JSON.

A start is timed from the launcher's own (posix_spawn) to the first byte of its payload's output. By turns: some
machines that go on from a saved state, then one that is booted. Memory is what the kernel counts for QEMU and the
launcher together while the payload runs (smaps_rollup): all pages of it, its share of them, and those that are its own.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAYLOAD = ["/usr/bin/sh", "-c", "echo up; exec sleep 600"]
LONGEST = 120.0
"""Seconds for one machine."""
KINDS = ("Rss", "Pss", "Private_Dirty")


@dataclass(frozen=True)
class Plan:
    """How often which machine is started, and how many at once."""

    launcher: list[str]
    rounds: int
    booted: int
    at_once: int


class Machine:
    """One launcher with its machine, whose payload says a word and then sleeps."""

    def __init__(self, plan: Plan, *options: str) -> None:
        self._folder = tempfile.mkdtemp()
        self._result = Path(self._folder) / "result"
        command = [*plan.launcher, "--limit", "600", "--result", str(self._result), *options, "--", *PAYLOAD]
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def fileno(self) -> int:
        assert self._process.stdout
        return self._process.stdout.fileno()

    def up(self) -> bool:
        """Whether what has arrived is the payload's word. To be called once there is something to read."""
        return os.read(self.fileno(), 3) == b"up\n"

    def complaint(self) -> str:
        """What the launcher said of a machine that did not come up."""
        self._process.kill()
        return self._process.communicate()[1].decode(errors="replace").strip()

    def memory(self) -> dict[str, int]:
        """KiB of each kind, of the launcher and its QEMU."""
        found = dict.fromkeys(KINDS, 0)
        for pid in (self._process.pid, *children(self._process.pid)):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in found:
                    found[name] += int(value.split()[0])
        return found

    def end(self) -> None:
        """End the launcher, and with it the machine."""
        self._process.terminate()
        self._process.communicate()


def children(pid: int) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if path.read_text().rpartition(")")[2].split()[1] == str(pid):
                yield int(path.parent.name)


def started(machines: list[Machine]) -> list[float | None]:
    """Seconds until each payload said its word; nothing for one that did not."""
    times: list[float | None] = [None] * len(machines)
    waiting = list(machines)
    limit = time.monotonic() + LONGEST
    while waiting and (left := limit - time.monotonic()) > 0:
        for machine in select.select(waiting, [], [], left)[0]:
            waiting.remove(machine)
            if machine.up():
                times[machines.index(machine)] = time.monotonic() - machine.began
    return times


def one(plan: Plan, *options: str) -> float | str:
    """Seconds of one start, or what the launcher complained of."""
    machine = Machine(plan, *options)
    [seconds] = started([machine])
    if seconds is None:
        return machine.complaint()
    machine.end()
    return seconds


def at_once(plan: Plan, many: int) -> dict[str, object]:
    """So many started at one moment: their times, and their memory while all of them run."""
    machines = [Machine(plan) for _ in range(many)]
    times = started(machines)
    up = [machine for machine, seconds in zip(machines, times, strict=True) if seconds is not None]
    memory = [machine.memory() for machine in up]
    complaints = [machine.complaint() for machine in machines if machine not in up]
    for machine in up:
        machine.end()
    return {"seconds": times, "memory": memory, "complaints": complaints}


def main(path: str) -> None:
    """Print everything."""
    with open(path) as file:
        plan = Plan(**json.load(file))
    first = one(plan)  # it is booted and saved, then goes on
    restored: list[float | str] = []
    booted: list[float | str] = []
    for number in range(plan.rounds):
        restored.append(one(plan))
        if number * plan.booted // plan.rounds != (number + 1) * plan.booted // plan.rounds:
            booted.append(one(plan, "--cold"))
    found = {"first": first, "restored": restored, "booted": booted}
    print(json.dumps({**found, "alone": at_once(plan, 1), "together": at_once(plan, plan.at_once)}))


if __name__ == "__main__":
    main(sys.argv[1])
