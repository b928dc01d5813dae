"""``python -m tests.everything [PYTEST OPTION ...]``: every test and every scenario, in two runs of pytest at once.

Scenarios wait for containers more than they compute; half of the tests compute beside them, at a lower priority.
What the first run says is shown as it goes, what the second says when both have ended. Exit code 1 when one failed.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
BESIDE = (
    "authority",
    "credentials",
    "faults",
    "lcmaps_plugins",
    "model",
    "mutants",
    "pilot",
    "report",
    "sanitized",
    "site",
    "switch",
)
"""The folders of tests of the second run: the two take about as long."""
PATIENCE = 10
"""A priority lower by this."""
GRACE = 60.0
"""Seconds that an interrupted run has to clear up."""


def main(options: Sequence[str]) -> int:
    """0 when everything passed."""
    folders = [f"tests/{name}" for name in BESIDE]
    with tempfile.TemporaryFile() as said:
        beside = subprocess.Popen(
            _pytest(*options, *folders), cwd=ROOT, stdout=said, stderr=subprocess.STDOUT, preexec_fn=_give_way
        )
        try:
            others = ["scenarios", "tests", *(f"--ignore={folder}" for folder in folders)]
            first = subprocess.run(_pytest(*options, *others), cwd=ROOT, check=False)
            second = beside.wait()
        except BaseException:
            beside.send_signal(signal.SIGINT)  # not killed: it ends what its tests have started
            beside.wait(timeout=GRACE)
            raise
        said.seek(0)
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()
    return 1 if first.returncode or second else 0


def _pytest(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


def _give_way() -> None:
    os.nice(PATIENCE)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
