#!/usr/bin/env python3
"""Calls the switch from many places at once: ``callers.py PLAN.json``, as root; prints what came of each call as JSON.

The callers share the pilot accounts of the plan evenly. With ``seconds`` each of them calls again and again until the
time is up. Without, each calls once, and no payload ends before all have begun: all switches are alive at one moment.

Call number 17 of alice runs a payload that prints ``UID alice 17``, the uid in its kernel's words, and ends with
17 % 100: what the call was, what its payload saw and what the site recorded can be held against each other.
"""

import json
import os
import pwd
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

CODES = 100
"""Payloads end with codes below this one, none of which the switch uses itself."""
PAYLOAD = '/usr/bin/stat -L --printf "%u {user} {number}\\n" /proc/self; read -r go; exit {code}'

Call = dict[str, object]


@dataclass(frozen=True)
class Plan:
    """Who calls what, how often."""

    switch: str
    accounts: list[str]
    users: list[str]
    proxies: str
    """Where each account keeps each user's proxy: ``/tmp/callers/{account}/{user}``."""
    at_once: int
    limit: float
    """Seconds after which a call is given up."""
    seconds: float | None = None
    pilot: str = ""
    """Whose proxy each account shows for itself, if it shows one."""


class Gate:
    """A pipe that many processes wait at: it opens when the last of those who hold its other end lets go."""

    def __init__(self) -> None:
        self.waiting, self._held = os.pipe()

    def let_go(self) -> None:
        """Hold it closed no longer."""
        os.close(self._held)

    def wait(self) -> None:
        """Wait until it is open."""
        os.read(self.waiting, 1)


class Callers:
    """The callers of one account, in a process of its own, once `become` has been called."""

    def __init__(self, plan: Plan, place: int, begun: int, standard_input: int) -> None:
        self._plan = plan
        self._account = pwd.getpwnam(plan.accounts[place])
        self._firsts = range(place, plan.at_once, len(plan.accounts))
        self._begun = begun
        self._input = standard_input

    def become(self) -> None:
        """Be the account for good."""
        os.initgroups(self._account.pw_name, self._account.pw_gid)
        os.setresgid(*[self._account.pw_gid] * 3)
        os.setresuid(*[self._account.pw_uid] * 3)
        os.chdir("/")

    def calls(self) -> list[Call]:
        """What came of every call."""
        with ThreadPoolExecutor(max(1, len(self._firsts))) as threads:
            return [call for calls in threads.map(self._one_after_the_other, self._firsts) for call in calls]

    def _one_after_the_other(self, first: int) -> list[Call]:
        return [self._call(number) for number in self._due(first)]

    def _due(self, first: int) -> Iterator[int]:
        """The numbers of one caller's calls, each when it is due."""
        yield first
        if self._plan.seconds is not None:
            until = time.monotonic() + self._plan.seconds
            while time.monotonic() < until:
                first += self._plan.at_once
                yield first

    def _call(self, number: int) -> Call:
        users = self._plan.users
        user = users[(number + number // self._plan.at_once) % len(users)]
        payload = PAYLOAD.format(user=user, number=number, code=number % CODES)
        proxy = self._plan.proxies.format(account=self._account.pw_name, user=user)
        began = time.perf_counter()
        process = subprocess.Popen(
            [self._plan.switch, "/usr/bin/dash", "-c", payload],
            stdin=self._input,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"GLEXEC_CLIENT_CERT": proxy, "HOME": self._account.pw_dir} | self._own(),
        )
        code, out, err = self._ending(process)
        return {
            "number": number,
            "user": user,
            "caller": self._account.pw_name,
            "code": code,
            "out": out.decode(errors="replace"),
            "err": err.decode(errors="replace"),
            "seconds": time.perf_counter() - began,
        }

    def _own(self) -> dict[str, str]:
        own = self._plan.proxies.format(account=self._account.pw_name, user=self._plan.pilot)
        return {"X509_USER_PROXY": own} if self._plan.pilot else {}

    def _ending(self, process: "subprocess.Popen[bytes]") -> tuple[int | None, bytes, bytes]:
        """Exit code (none for a call that hung), standard output and error."""
        assert process.stdout is not None
        first_line = select.poll()
        first_line.register(process.stdout, select.POLLIN)
        first_line.poll(self._plan.limit * 1000)
        os.write(self._begun, b".")  # its payload has begun, or never will
        try:
            out, err = process.communicate(timeout=self._plan.limit)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            return None, out, err
        return process.returncode, out, err


def elsewhere(work: Callable[[], object]) -> int:
    """Do it in another process; the descriptor from which what it gives can be read as JSON."""
    answer, ours = os.pipe()
    if os.fork() == 0:
        code = 1
        try:
            with os.fdopen(ours, "w") as out:
                json.dump(work(), out)
            code = 0
        finally:
            os._exit(code)
    os.close(ours)
    return answer


def let_end(begun: int, many: int, end: Gate) -> None:
    """Open the gate once so many payloads have begun. Later ones are counted on: their pipe must not fill."""
    while many > 0 and (dots := os.read(begun, 4096)):
        many -= len(dots)
    end.let_go()
    while os.read(begun, 4096):
        continue


def main(path: str) -> None:
    """Have the callers of every account start at one moment; print all calls."""
    with open(path) as file:
        plan = Plan(**json.load(file))
    start, end = Gate(), Gate()
    begun, begins = os.pipe()
    standard_input = end.waiting if plan.seconds is None else os.open(os.devnull, os.O_RDONLY)

    def work(place: int) -> list[Call]:
        end.let_go()
        callers = Callers(plan, place, begins, standard_input)
        callers.become()
        start.let_go()
        start.wait()
        return callers.calls()

    answers = [elsewhere(partial(work, place)) for place in range(len(plan.accounts))]
    os.close(begins)
    start.let_go()
    threading.Thread(target=let_end, args=(begun, plan.at_once, end)).start()
    calls: list[Call] = []
    for answer in answers:
        with os.fdopen(answer) as text:
            calls += json.load(text)
    print(json.dumps(calls))


if __name__ == "__main__":
    main(sys.argv[1])
