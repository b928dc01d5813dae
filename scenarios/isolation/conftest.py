"""What scenarios of the isolation modes share: machines that are started by hand, as a pilot starts them."""

import itertools
import json
from dataclasses import dataclass

import pytest

from testbed.lab.layout import NODE, PYTHON

LAUNCHER = (*PYTHON, f"{NODE}/vm")
LIMIT = 100
"""Seconds for one machine: where none is saved yet it is booted first, beside everything else that runs here."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a launcher did: its exit code, outputs, and its own words on the machine."""

    code: int
    out: str
    err: str
    facts: dict

    @property
    def outcome(self):
        """Exit code, cause, and how far the payload got."""
        return self.code, self.facts["cause"], self.facts["payload"]

    @property
    def line(self):
        """The launcher's own line on standard error, if any."""
        return next((line for line in self.err.splitlines() if line.startswith("[vm]: ")), "")


@pytest.fixture
def machine(switch):
    """Run a command in a machine of its own, as the pilot with Alice's proxy: ``machine("/usr/bin/id")``."""
    numbers = itertools.count(1)

    def run(*command, options=(), before=(), stdin=b""):
        result = f"/tmp/machine-{next(numbers)}.json"
        words = [*before, *LAUNCHER, "--result", result, *options, "--", *command]
        proxy = {"X509_USER_PROXY": switch.place("alice")}
        done = switch.run(*words, stdin=stdin, env=proxy, limit=LIMIT)
        facts = json.loads(switch.node.run(["cat", result], limit=10).text)
        return Ran(done.code, done.out.decode().strip(), done.err.decode().strip(), facts)

    return run
