"""``python -m tests.mutants [NAME ...]``: which scenario catches which defect; exit code 1 when one survives.

First the switches with a defect, then the sites: which attack of the separation suite notices which misconfiguration.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.mutants import notice, series, sites
from tests.mutants.build import Builder
from tests.mutants.exchange import Program
from tests.mutants.hold import MODES, catch, hold
from tests.mutants.table import CONTROL, Mutant, Unfit, read

WORKERS = 1 + (os.cpu_count() or 1)
"""A run of scenarios waits for containers, and for mutants that hang, more than it computes."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one mutant, or of the control."""

    name: str
    sentence: str
    good: bool
    end: str
    seconds: float


def lines(names: Sequence[str] = ()) -> Iterator[Line]:
    """Build every mutant, or these, and hold it to its scenario; a line for each as soon as it is known.

    Many share a run of pytest and its worlds. What is not caught there is held to all scenarios, in worlds of its own.
    """
    mutants = [mutant for mutant in read() if not names or mutant.name in names]
    with tempfile.TemporaryDirectory(prefix="mutants-") as name, ThreadPoolExecutor(WORKERS) as workers:
        folder = Path(name)
        builder = Builder(folder)
        # By turns: those that hang, and are waited for, stand side by side in the table.
        shares = [share for start in range(WORKERS) if (share := mutants[start::WORKERS])]
        work = [workers.submit(_in_turn, share, builder, folder / f"series-{n}") for n, share in enumerate(shares)]
        for done in as_completed(work):
            yield from done.result()


def controls() -> Iterator[Line]:
    """The reference, built as the mutants are, held to every scenario in each installation."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as name, ThreadPoolExecutor(len(MODES)) as workers:
        control = Builder(Path(name)).build(CONTROL, ())
        yield from workers.map(lambda mode: control_line(control, Path(name), mode), MODES)


def control_line(program: Path, folder: Path, mode: str) -> Line:
    """What becomes of the reference in one installation: it has to pass everything."""
    began = time.monotonic()
    held = hold(program, folder / f"{program.name}.results-{mode}", to_the_end=True, modes=[mode])
    passed = next((line for line in held.said.splitlines() if " as documented" in line and "cells of" in line), "")
    end = f"passes: {passed}" if held.code == 0 and passed else f"FAILS\n{held.said}"
    return Line(
        f"{CONTROL}, {mode}", "the reference, built in the same way", held.code == 0, end, time.monotonic() - began
    )


def _in_turn(mutants: Sequence[Mutant], builder: Builder, folder: Path) -> list[Line]:
    """What becomes of these mutants in one run, and of the reference where they were caught."""
    built, unfit = [], []
    for mutant in mutants:
        try:
            built.append(Program(mutant.name, str(builder.build(mutant.name, mutant.edits)), mutant.caught_by))
        except Unfit as why:
            unfit.append(Line(mutant.name, mutant.sentence, False, f"NO MUTANT: {why}", 0.0))
    return unfit + lines_of(built, mutants, builder.control, folder)


def lines_of(built: Sequence[Program], mutants: Sequence[Mutant], control: Path, folder: Path) -> list[Line]:
    """What becomes of programs in one run, and of the control where they were caught."""
    began = time.monotonic()
    held = series.run(built, control, folder)
    found = []
    for program in built:
        mutant = next(each for each in mutants if each.name == program.name)
        if caught := held.catch(program.name):
            end = f"{caught.scenario.removeprefix('scenarios/')} {caught.cell}"
            found.append(Line(mutant.name, mutant.sentence, True, end, caught.seconds))
        else:
            found.append(line_of(mutant, Path(program.path), folder, control))
    doubts = held.doubts if held.found else [held.said]
    end = "FAILS\n" + "\n".join(doubts) if doubts else "passes where these were caught"
    name = f"{CONTROL}, {folder.name}"
    found.append(Line(name, "the reference, built in the same way", not doubts, end, time.monotonic() - began))
    return found


def line_of(mutant: Mutant, program: Path, folder: Path, control: Path) -> Line:
    """What becomes of a mutant in worlds of its own: it has to be caught, where the control then passes."""
    began = time.monotonic()
    held = catch(mutant, program, folder / f"{mutant.name}.results")
    scenario = held.scenario.removeprefix("scenarios/")
    end = f"{scenario} {held.cell}" if scenario else "SURVIVES" if held.code == 0 else f"NOT JUDGED\n{held.said}"
    if scenario and scenario != mutant.caught_by.partition("[")[0]:
        end += f" (not by {mutant.caught_by})"
    passed = hold(control, folder / f"{mutant.name}.control", [held.scenario]) if scenario else held
    if scenario and passed.code != 0:
        end = f"NOT JUDGED: {CONTROL} does not pass there either: {end}\n{passed.said}"
    return Line(mutant.name, mutant.sentence, bool(scenario) and passed.code == 0, end, time.monotonic() - began)


def site_lines(names: Sequence[str] = ()) -> Iterator[Line]:
    """Every misconfiguration of a site, or these, held to the attacks that are to notice it; and the sites without."""
    mutants = [mutant for mutant in sites.read() if not names or mutant.name in names]
    if not mutants:
        return
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        for held in notice.noticed([*sites.controls(mutants), *mutants], Path(name)):
            if held.mutant.defective:
                yield Line(held.mutant.name, held.mutant.sentence, held.good, held.by, held.seconds)
            else:
                end = "as documented" if held.good else f"FAILS: {held.by}"
                yield Line(held.mutant.name, held.mutant.sentence, held.good, end, held.seconds)


def main(names: Sequence[str]) -> int:
    """Print the tables."""
    switches, of_sites = {mutant.name for mutant in read()}, {mutant.name for mutant in sites.read()}
    if unknown := set(names) - switches - of_sites:
        print(f"no mutant is called {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    parts = []
    if not names or switches & set(names):
        parts.append(_table("of the switch", (line for part in (lines(names), controls()) for line in part)))
    if not names or of_sites & set(names):
        parts.append(_table("of the site", site_lines(names)))
    return 0 if all(parts) else 1


def _table(what: str, of: Iterator[Line]) -> bool:
    """Print one table as it comes, and its sum; whether all was well."""
    began = time.monotonic()
    found = []
    for line in of:
        print(f"{line.name:<42} {line.seconds:5.1f} s  {line.end}", flush=True)
        found.append(line)
    bad = [line.name for line in found if not line.good]
    mutants = [line for line in found if not line.name.startswith(f"{CONTROL}, ")]
    good, seconds = sum(line.good for line in mutants), time.monotonic() - began
    wrong = f"wrong: {', '.join(bad)}" if bad else "what has no defect passes all"
    print(f"\n{good} of {len(mutants)} mutants {what} caught in {seconds:.0f} s; {wrong}\n")
    return not bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
