"""``python -m tests.everything [PYTEST OPTION ...]``: every test and every scenario, in three runs of pytest at once.

Scenarios wait for containers more than they compute, so the first run begins with them; the others, at a lower
priority, begin with what computes most. Each goes on until nothing is left to begin with (`tests.sharing`). What the
first says is shown as it goes, what the others say when all have ended, then the matrix of all where more than one has
run scenarios. Exit code 1 when one failed, or when too few cells were judged (`tests.floor`); with options of your own,
which may leave some out, nobody counts them.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.floor import rows_of, too_few
from tests.joined import join

ROOT = Path(__file__).parents[1]
LAST = ("pilot", "authority", "credentials", "lcmaps_plugins", "switch", "sanitized", "mutants")
"""The folders of tests at the end of the list, where the other runs begin: those that take longest come last."""
RESULTS = ROOT / "results"
BESIDE = 2
"""Runs beside the first one: one left a third of two processors idle."""
PATIENCE = 10
"""A priority lower by this."""
GRACE = 60.0
"""Seconds that an interrupted run has to clear up."""


def main(options: Sequence[str]) -> int:
    """0 when everything passed."""
    with tempfile.TemporaryDirectory(prefix="share-") as share, contextlib.ExitStack() as outputs:
        words = [*options, "-p", "tests.sharing", f"--share={share}", *listed()]
        named = RESULTS / time.strftime("%Y%m%d-%H%M%S")
        said = [outputs.enter_context(tempfile.TemporaryFile()) for _ in range(BESIDE)]
        folders = [named.with_name(f"{named.name}-beside-{number}") for number in range(1, BESIDE + 1)]
        beside = [
            subprocess.Popen(
                _pytest(*words, "--from=back", f"--results={folder}"),
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_give_way,
            )
            for folder, output in zip(folders, said, strict=True)
        ]
        try:
            first = subprocess.run(_pytest(*words, "--from=front", f"--results={named}"), cwd=ROOT, check=False)
            codes = [first.returncode, *(each.wait() for each in beside)]
        except BaseException:
            for each in beside:
                each.send_signal(signal.SIGINT)  # not killed: it ends what its tests have started
            for each in beside:
                each.wait(timeout=GRACE)
            raise
        for output in said:
            output.seek(0)
            sys.stdout.buffer.write(output.read())
        sys.stdout.flush()
    return told(codes, named, folders, whole=not options)


def told(codes: Sequence[int], named: Path, folders: Sequence[Path], *, whole: bool) -> int:
    """Print the tables of all runs, and where a ``whole`` one judged too little; the exit code of all together."""
    missing = list(too_few(rows_of([named, *folders]))) if whole else []
    for part in (*join(named, folders), *missing):
        print(part)
    return 1 if any(codes) or missing else 0


def listed() -> list[str]:
    """What is to be run, in the order of the list: whatever is in tests, named here or not."""
    last = [f"tests/{name}" for name in LAST]
    found = [path for path in sorted((ROOT / "tests").iterdir()) if path.is_dir() or path.match("test_*.py")]
    others = [name for path in found if (name := f"tests/{path.name}") not in last and path.name != "__pycache__"]
    return ["scenarios", *others, *last]


def _pytest(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


def _give_way() -> None:
    os.nice(PATIENCE)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
