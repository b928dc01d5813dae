"""Holds one switch to the scenarios, through the same door as anybody's: ``--switch``."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.table import ROOT, Mutant

SUITE = tuple(f"scenarios/{name}" for name in ("contract", "lifecycle", "plugins", "traceability", "preflight"))
"""The scenarios that hold a switch."""
OF_THE_AUTHORITY = tuple(
    f"--ignore=scenarios/contract/{name}.py" for name in ("test_authority", "test_authority_wire", "test_wire")
)
"""What is in them and holds the service that is asked, not the switch."""
MODES = ("setuid", "log-only")
LIMIT = 600


@dataclass(frozen=True, slots=True)
class Held:
    """How a switch did: the first cell that deviates, or how the run ended."""

    code: int
    scenario: str = ""
    cell: str = ""
    said: str = ""


def hold(
    switch: Path | str,
    results: Path,
    scenarios: Sequence[str] = (),
    *,
    to_the_end: bool = False,
    modes: Sequence[str] = MODES,
) -> Held:
    """Run scenarios against a switch, in both installations; until the first deviation, unless told otherwise."""
    words = ["-p", "testbed.plugin", "-p", "no:cacheprovider", "-qq", "-rN", "--tb=no", "--no-header"]
    words += [
        f"--switch={switch}",
        f"--results={results}",
        *(f"--mode={mode}" for mode in modes),
        *([] if to_the_end else ["-x"]),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, *(scenarios or SUITE), *OF_THE_AUTHORITY],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    said = (done.stdout + done.stderr).strip()
    for line in _lines(results / "results.jsonl"):
        row = json.loads(line)
        if row["verdict"] == "deviates":
            return Held(done.returncode, row["scenario"], row["cell"], said)
    return Held(done.returncode, said=said)


def catch(mutant: Mutant, program: Path, results: Path) -> Held:
    """What catches a mutant: the scenario that its line names or, where that does not, any."""
    first = hold(program, results / "first", [f"scenarios/{mutant.caught_by}"])
    return first if first.scenario or first.code != 0 else hold(program, results / "all")


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.is_file() else []
