"""What a probe said of its attacks, read by the stage that sent it."""

import json
from collections.abc import Mapping

from testbed.model.attack import Attack
from testbed.model.outcome import Attempt
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
