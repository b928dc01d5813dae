"""What a probe said of its attacks, read by the stage that sent it."""

import json
from collections.abc import Mapping
from typing import Any

from testbed.model.attack import Attack
from testbed.model.outcome import Attempt, Outcome
from testbed.model.problem import Problem

Attempts = dict[Attack, tuple[Attempt, str]]


def findings(out: str, who: str, err: str = "") -> tuple[Attempts, dict[Attack, str]]:
    """The attempts in a probe's output, and why others were not tried. ``who`` said it, for the message."""
    try:
        said: Mapping[str, Mapping[str, str]] = json.loads(out)
        attempts = {
            Attack(attack): (Attempt(finding["attempt"]), finding["saw"])
            for attack, finding in said.items()
            if finding["attempt"] in list(Attempt)
        }
        untried = {Attack(attack): finding["saw"] for attack, finding in said.items() if Attack(attack) not in attempts}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem(
            f"{who} did not say what came of its attacks", found=f"{out[-1000:]}\n{err[-1000:]}", cause=repr(error)
        ) from error
    return attempts, untried


def last_words(ran: Outcome) -> Any:
    """The last line that a probe printed, as JSON."""
    try:
        return json.loads(ran.out.splitlines()[-1])
    except (ValueError, IndexError) as error:
        found = f"{ran}: {ran.why}\n{ran.out[-1000:]}{ran.err[-1000:]}"
        raise Problem("a payload did not say what it saw", found=found, cause=repr(error)) from error
