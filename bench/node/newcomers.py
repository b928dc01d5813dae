#!/usr/bin/env python3
"""Has many people ask for their first pool account at once: ``newcomers.py PLAN.json``, as root; prints JSON.

Every round begins with a gridmapdir without leases. Each newcomer's process waits at a gate as the account that calls;
the gate opens once all stand there. Printed are, round by round, exit code and answer of each.
"""

import json
import os
import pwd
import signal
import sys
from dataclasses import dataclass
from typing import NoReturn

from bench.node import lcmaps

LONGEST = 60
"""Seconds for one call."""


@dataclass(frozen=True)
class Plan:
    """What everybody runs, or the policy by which LCMAPS itself maps everybody.

    ``{account}`` and ``{name}`` in words, environment and the path of the proxy stand for the caller and the newcomer.
    """

    words: list[str]
    env: dict[str, str]
    proxy: str
    policy: str
    accounts: list[str]
    """Who calls, by turns."""
    names: list[str]
    gridmapdir: str
    rounds: int


def forget(gridmapdir: str) -> None:
    """Take all leases back."""
    for name in os.listdir(gridmapdir):
        if name.startswith("%"):
            os.unlink(os.path.join(gridmapdir, name))


def call(plan: Plan, place: int, gate: tuple[int, int], answer: int) -> NoReturn:
    """Wait at the gate, then run. The gate is open when nobody holds its other end."""
    account = pwd.getpwnam(plan.accounts[place % len(plan.accounts)])
    said = {"account": account.pw_name, "name": plan.names[place]}
    os.initgroups(account.pw_name, account.pw_gid)
    os.setresgid(*[account.pw_gid] * 3)
    os.setresuid(*[account.pw_uid] * 3)
    os.chdir("/")
    words = [word.format(**said) for word in plan.words]
    env = {name: value.format(**said) for name, value in plan.env.items()}
    with open(plan.proxy.format(**said), "rb") as file:
        pem = file.read()
    nothing = os.open(os.devnull, os.O_RDWR)
    for here, there in ((nothing, 0), (answer, 1), (nothing, 2)):
        os.dup2(here, there)
    signal.alarm(LONGEST)
    os.close(gate[1])
    os.read(gate[0], 1)
    if words:
        os.execve(words[0], words, env)
    uid, _ = lcmaps.first_call(plan.policy, env, pem)
    os.write(1, f"uid {uid}\n".encode())
    os._exit(1 if uid is None else 0)


def one_round(plan: Plan) -> list[dict[str, object]]:
    """Exit code and answer of every newcomer."""
    forget(plan.gridmapdir)
    gate = os.pipe()
    answers = [os.memfd_create(name) for name in plan.names]
    pids = []
    for place, answer in enumerate(answers):
        pid = os.fork()
        if pid == 0:
            try:
                call(plan, place, gate, answer)
            finally:
                os._exit(127)
        pids.append(pid)
    os.close(gate[0])
    os.close(gate[1])
    ends = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    said = [os.pread(answer, 65536, 0).decode(errors="replace") for answer in answers]
    for answer in answers:
        os.close(answer)
    return [{"name": name, "code": code, "said": text} for name, code, text in zip(plan.names, ends, said, strict=True)]


def main(path: str) -> None:
    """Print all rounds."""
    with open(path) as file:
        plan = Plan(**json.load(file))
    lcmaps.load()
    print(json.dumps([one_round(plan) for _ in range(plan.rounds)]))
    forget(plan.gridmapdir)


if __name__ == "__main__":
    main(sys.argv[1])
