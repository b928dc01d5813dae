"""Two runs share one list of tests: each is run once, whoever comes first to it, and a failure of either is one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.everything import ROOT, listed

FILE = """\
import pathlib, time

def test_one(): note("one")
def test_two(): note("two")

def note(name):
    with pathlib.Path("{runs}").open("a") as runs:
        runs.write(pathlib.Path(__file__).stem + " " + name + "\\n")
    time.sleep({pause})
"""


def started(folder: Path, end: str) -> subprocess.Popen[str]:
    words = ["-m", "pytest", "-q", "-c", "/dev/null", "--rootdir=.", "-p", "no:cacheprovider", "-p", "tests.sharing"]
    words += ["--share=../share", f"--from={end}", "."]
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six files of two tests each."""
    (tmp_path / "share").mkdir()
    (tmp_path / "all").mkdir()
    for number in range(6):
        text = FILE.format(runs=tmp_path / "runs", pause=0.05)
        (tmp_path / "all" / f"test_{number}.py").write_text(text)
    return tmp_path / "all"


def lines(folder: Path) -> list[str]:
    return (folder.parent / "runs").read_text().splitlines()


def test_two_runs_run_each_test_once(folder: Path) -> None:
    both = [started(folder, end) for end in ("front", "back")]
    said = [run.communicate(timeout=120)[0] for run in both]
    assert [run.returncode for run in both] == [0, 0], said
    assert sorted(lines(folder)) == sorted(f"test_{number} {name}" for number in range(6) for name in ("one", "two"))


@pytest.mark.parametrize(("end", "files"), [("front", [0, 1, 2, 3, 4, 5]), ("back", [5, 4, 3, 2, 1, 0])])
def test_a_run_that_is_alone_takes_every_file_from_its_end(folder: Path, end: str, files: list[int]) -> None:
    run = started(folder, end)
    run.communicate(timeout=120)
    assert run.returncode == 0
    assert lines(folder) == [f"test_{number} {name}" for number in files for name in ("one", "two")]


def test_what_the_other_has_begun_is_left_to_it(folder: Path) -> None:
    (folder.parent / "share" / "test_0.py").touch()
    run = started(folder, "front")
    run.communicate(timeout=120)
    assert {line.partition(" ")[0] for line in lines(folder)} == {f"test_{number}" for number in range(1, 6)}


def test_a_file_that_cannot_be_collected_fails_both(folder: Path) -> None:
    (folder / "test_3.py").write_text("import no_such_module")
    both = [started(folder, end) for end in ("front", "back")]
    assert [run.communicate(timeout=120) and run.returncode for run in both] == [2, 2]


def test_everything_that_there_is_is_on_the_list() -> None:
    files = {path.relative_to(ROOT) for top in ("tests", "scenarios") for path in (ROOT / top).rglob("test_*.py")}
    names = listed()
    assert len(names) == len(set(names))
    assert not [str(file) for file in files if not any(file.is_relative_to(name) for name in names)]
