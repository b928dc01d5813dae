"""Holds many switches, in one run of pytest and in the same worlds, to the scenario that is to catch each."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.exchange import ANY, Finding, Program
from tests.mutants.hold import MODES
from tests.mutants.table import CONTROL, ROOT

LIMIT = 900
"""Seconds for a whole series, on a machine that has other things to do."""


@dataclass(frozen=True, slots=True)
class Series:
    """How a series went: all that was found, and what pytest said."""

    found: tuple[Finding, ...]
    said: str

    def catch(self, name: str) -> Finding | None:
        """The cell in which a program deviates, if there is one."""
        return next((each for each in self.found if (each.name, each.verdict) == (name, "deviates")), None)

    @property
    def doubts(self) -> list[str]:
        """The cells in which somebody was caught and the control did not conform as well; all that it did not pass."""
        of_the_control = [each for each in self.found if each.name == CONTROL]
        passed = {(each.scenario, each.cell) for each in of_the_control if each.verdict == "conforms"}
        caught = {(each.scenario, each.cell) for each in self.found if each.verdict == "deviates"}
        failed = [f"{each.scenario} {each.cell}: {each.why}" for each in of_the_control if each.verdict != "conforms"]
        return failed + [f"{scenario} {cell}: not tried" for scenario, cell in sorted(caught - passed) if not failed]


def run(programs: Sequence[Program], control: Path, folder: Path) -> Series:
    """Let each have its turn, then the control where one was caught. The folder, a new one, is for what is found."""
    folder.mkdir()
    listed, found = folder / "programs", folder / "found"
    everybody = [*programs, Program(CONTROL, str(control), ANY)]
    listed.write_text("".join(json.dumps(dataclasses.asdict(each)) + "\n" for each in everybody))
    found.touch()
    words = ["-p", "testbed.plugin", "-p", "tests.mutants.exchange", "-p", "no:cacheprovider", "-q", "-rN", "--tb=no"]
    words += [f"--programs={listed}", f"--found={found}", f"--results={folder / 'results'}"]
    words += [f"--mode={mode}" for mode in MODES]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, *_scenarios(programs)],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    lines = found.read_text().splitlines()
    return Series(tuple(Finding(**json.loads(line)) for line in lines), (done.stdout + done.stderr).strip())


def _scenarios(programs: Sequence[Program]) -> list[str]:
    return list(dict.fromkeys(f"scenarios/{each.caught_by.partition('[')[0]}" for each in programs))
