"""``python -m tests.mutants [NAME ...]``: which scenario catches which defect; exit code 1 when one survives."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.build import Builder
from tests.mutants.hold import MODES, catch, hold
from tests.mutants.table import CONTROL, Mutant, Unfit, read

WORKERS = 2 * (os.cpu_count() or 1)
"""A run of scenarios waits for containers more than it computes."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one mutant, or of the control."""

    name: str
    sentence: str
    good: bool
    end: str
    seconds: float


def lines(names: Sequence[str] = ()) -> Iterator[Line]:
    """Build every mutant, or these, and hold it to the scenarios; a line for each as soon as it is known."""
    mutants = [mutant for mutant in read() if not names or mutant.name in names]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(WORKERS) as workers:
        builder = Builder(Path(folder))
        control = builder.build(CONTROL, ())
        # First: they take as long as many mutants.
        work = [workers.submit(control_line, control, Path(folder), mode) for mode in MODES]
        work += [workers.submit(line_of, mutant, builder, Path(folder)) for mutant in mutants]
        for done in as_completed(work):
            yield done.result()


def control_line(program: Path, folder: Path, mode: str) -> Line:
    """What becomes of the reference in one installation: it has to pass everything."""
    began = time.monotonic()
    held = hold(program, folder / f"{program.name}.results-{mode}", to_the_end=True, modes=[mode])
    passed = next((line for line in held.said.splitlines() if " as documented" in line and "cells of" in line), "")
    end = f"passes: {passed}" if held.code == 0 and passed else f"FAILS\n{held.said}"
    return Line(
        f"{CONTROL}, {mode}", "the reference, built in the same way", held.code == 0, end, time.monotonic() - began
    )


def line_of(mutant: Mutant, builder: Builder, folder: Path) -> Line:
    """What becomes of a mutant: it has to be caught."""
    began = time.monotonic()
    try:
        held = catch(mutant, builder.build(mutant.name, mutant.edits), folder / f"{mutant.name}.results")
    except Unfit as unfit:
        return Line(mutant.name, mutant.sentence, False, f"NO MUTANT: {unfit}", time.monotonic() - began)
    scenario = held.scenario.removeprefix("scenarios/")
    end = f"{scenario} {held.cell}" if scenario else "SURVIVES" if held.code == 0 else f"NOT JUDGED\n{held.said}"
    if scenario and scenario != mutant.caught_by.partition("[")[0]:
        end += f" (not by {mutant.caught_by})"
    return Line(mutant.name, mutant.sentence, bool(scenario), end, time.monotonic() - began)


def main(names: Sequence[str]) -> int:
    """Print the table."""
    if unknown := set(names) - {mutant.name for mutant in read()}:
        print(f"no mutant is called {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    began = time.monotonic()
    found = []
    for line in lines(names):
        print(f"{line.name:<36} {line.seconds:5.1f} s  {line.end}", flush=True)
        found.append(line)
    bad = [line.name for line in found if not line.good]
    mutants = [line for line in found if not line.name.startswith(f"{CONTROL}, ")]
    good, seconds = sum(line.good for line in mutants), time.monotonic() - began
    caught = f"{good} of {len(mutants)} mutants caught in {seconds:.0f} s"
    wrong = f"wrong: {', '.join(bad)}" if bad else "the reference passes all"
    print(f"\n{caught}; {wrong}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
