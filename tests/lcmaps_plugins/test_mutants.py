"""Each defect of mutants.toml is noticed by the test that it names, and sound modules pass it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.lcmaps_plugins.saml import NODE, PLACE
from tests.mutants.table import ROOT, Edit, Mutant, read

HERE = Path(__file__).parent
MUTANTS = read(HERE / "mutants.toml")
PASSED, FAILED = 0, 1


def tried(folder: Path, edits: Sequence[Edit], tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """These tests of these modules, in a process of their own: what it loads stays loaded."""
    for part in ("glexec", "lcmaps-plugins"):
        shutil.copytree(NODE / part, folder / part, ignore=shutil.ignore_patterns("build"))
    for edit in edits:
        edit.apply(folder)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=line", *tests],
        cwd=ROOT,
        env={**os.environ, PLACE: str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def noticing_test(mutant: Mutant) -> str:
    """The test that is to notice it."""
    return f"{HERE}/{mutant.caught_by}"


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_defect_is_noticed(tmp_path: Path, mutant: Mutant) -> None:
    """By a test that ran and failed: what does not compile is an error in a fixture, and is noticed by anything."""
    done = tried(tmp_path, mutant.edits, [noticing_test(mutant)])
    assert done.returncode == FAILED, done.stdout[-2000:]
    assert " failed" in done.stdout, done.stdout[-2000:]
    assert " error" not in done.stdout, f"it does not compile: {done.stdout[-2000:]}"


def test_every_defect_fits_the_sources() -> None:
    edits = [(mutant.name, edit) for mutant in MUTANTS for edit in mutant.edits]
    assert not [name for name, edit in edits if (NODE / edit.file).read_text().count(edit.old) != 1]


@pytest.mark.slow
def test_sound_modules_pass_the_same_tests(tmp_path: Path) -> None:
    done = tried(tmp_path, (), sorted({noticing_test(mutant) for mutant in MUTANTS}))
    assert done.returncode == PASSED, done.stdout[-2000:]
