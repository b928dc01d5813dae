"""Builds mutants: copies of the reference and its objects, in which only what was changed is compiled anew."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.table import CONTROL, SOURCES, Edit, Unfit

# A defect may leave a variable without use; and it shall be the scenarios, not a hardened build, that notice it.
WORDS = ("STRICT=-std=c17 -D_GNU_SOURCE -w",)
LIMIT = 120


class Builder:
    """Builds switches below a folder: the set-id program only, which needs gcc, make and libc."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reference = folder / "reference"
        shutil.copytree(SOURCES, self._reference, ignore=shutil.ignore_patterns("build"))
        self.control = self.build(CONTROL, ())
        """The reference itself."""

    def build(self, name: str, edits: Sequence[Edit]) -> Path:
        """The program with these changes, as a file of this name."""
        sources = self._reference
        if edits:
            sources = self._folder / f"{name}.sources"
            shutil.copytree(self._reference, sources)  # with their times: make sees what is new
        for edit in edits:
            edit.apply(sources)
        made = subprocess.run(
            ["make", "-s", "-j2", "-C", str(sources), *WORDS, "BUILD=build", "build/glexec"],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        if made.returncode != 0:
            raise Unfit(f"it does not compile: {made.stderr.strip().splitlines()[-1:]}")
        program = self._folder / name
        shutil.copy(sources / "build" / "glexec", program)
        return program
