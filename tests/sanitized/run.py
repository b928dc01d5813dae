"""Holds the sanitized reference to the scenarios, and looks for what its sanitizers have reported meanwhile."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.lab.engine_images import DockerImages
from testbed.lab.images import SANITIZED, Image, ensure
from testbed.lab.machine import engine
from testbed.model.problem import Problem
from tests.mutants.hold import MODES, SUITE, Held, hold

REPORT = re.compile(r"(ERROR: \w+Sanitizer: .*|\S+:\d+:\d+: runtime error: .*)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the run ended, and every report: a call may end as documented all the same."""

    held: Held
    reports: tuple[str, ...]


def run(
    results: Path, image: Image = SANITIZED, scenarios: Sequence[str] = SUITE, modes: Sequence[str] = MODES
) -> Outcome:
    """Build the image where it is not up to date, and run the scenarios with the switch in it."""
    found = engine.look()
    if found is None:
        raise Problem("no container engine answers", remedy="make images")
    ensure(DockerImages(found.address), [image])
    held = hold(image.reference, results, scenarios, to_the_end=True, modes=modes)
    return Outcome(held, tuple(dict.fromkeys(_reports(results))))


def _reports(results: Path) -> Iterator[str]:
    """What the nodes' system logs have of sanitizers."""
    for log in sorted(results.glob("evidence/**/var/log/*")):
        if log.is_file():
            for found in REPORT.finditer(log.read_text(errors="replace")):
                yield f"{found[1]}  [{log.relative_to(results)}]"
