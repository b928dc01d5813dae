"""Programs of testbed/node that are folders: Python runs them as such, and finds nothing of ours before its library."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import testbed
from testbed.lab.layout import PYTHON

NODE = Path(testbed.__file__).parent / "node"
FOLDERS = sorted(path.parent for path in NODE.glob("*/__main__.py"))
TELLS = "import json, sys\ndef main(*words): print(json.dumps([sys.path, sys.argv, json.__file__]))\n"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_program_that_is_a_folder_looks_for_modules_in_the_standard_library_and_then_in_what_is_ours(
    folder: Path, tmp_path: Path
) -> None:
    start = (folder / "__main__.py").read_text()
    [room, part] = re.findall(r'import_module\("node\.(\w+)\.(\w+)"\)', start)[0]
    place = tmp_path / "testbed" / "node" / room
    place.mkdir(parents=True)
    (place / "__main__.py").write_text(start)
    (place / f"{part}.py").write_text(TELLS)
    for here in (place, place.parent, place.parent.parent):
        (here / "json.py").write_text("raise SystemExit('ours')")
    command = [sys.executable, "-I", "-S", str(place), "pilot-1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr, room) == (0, "", folder.name)
    path, words, library = json.loads(done.stdout)
    assert path[-1] == str(tmp_path / "testbed")
    assert [each for each in path if str(tmp_path) in each] == path[-1:]
    assert words == [str(place), "pilot-1"]
    assert not library.startswith(str(tmp_path))


@pytest.mark.parametrize(("flags", "said"), [((), "executed"), (PYTHON[1:], "")])
def test_a_start_file_that_a_payload_left_in_its_account_is_none_of_the_programs_that_start_later(
    tmp_path: Path, flags: tuple[str, ...], said: str
) -> None:
    """Python without these flags executes it, which is threat A14: so would a pilot do that is started so."""
    home = tmp_path / f".local/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    home.mkdir(parents=True)
    (home / "usercustomize.py").write_text("print('executed')")
    command = [os.path.realpath(sys.executable), *flags, "-c", "pass"]
    done = subprocess.run(command, env={"HOME": str(tmp_path)}, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout.strip()) == (0, said)
