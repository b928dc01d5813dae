"""Alice's payload: tries what it should not, and says what it got: ``python3 - TARGETS < thief.py``.

TARGETS is JSON: attack -> {"kind", "marker", ...}; the kinds, and what each needs besides, are in `files`, `processes`
and `channels`. It prints attack -> {"attempt", "saw", "errno"}, as `testbed.node.probes.finding` has them. What is in
the victim's place, as the thief's own proxy is in a machine of its own, is not the victim's.
"""

import json
import sys
from collections.abc import Mapping

from testbed.node.probes.channels import KINDS as CHANNELS
from testbed.node.probes.files import KINDS as FILES
from testbed.node.probes.finding import Finding, Target, tried, untried
from testbed.node.probes.processes import KINDS as PROCESSES

KINDS = {**FILES, **PROCESSES, **CHANNELS}


def attempt(target: Target) -> Finding:
    """One attack."""
    if not str(target["marker"]):
        return untried("without a marker nothing can be proved")
    attack = KINDS.get(str(target["kind"]))
    return attack(target) if attack else untried(f"no such kind of attack: {target['kind']}")


def main(targets: Mapping[str, Target]) -> None:
    """Try every attack."""
    print(json.dumps({attack: tried(attempt, target) for attack, target in targets.items()}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
