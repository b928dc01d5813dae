"""Saved machines: which are trusted, and what is made anew. What is saved here is two small files, no machine."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.lab.wait import eventually
from testbed.node.vm import facts
from testbed.node.vm import shelf as shelves
from testbed.node.vm.facts import facts_of, facts_of_file, key
from testbed.node.vm.guest import name_of
from testbed.node.vm.machine import Kind
from testbed.node.vm.payload import Payload
from testbed.node.vm.run import Run
from testbed.node.vm.saved import Unusable
from testbed.node.vm.shelf import KEPT, Shelf
from testbed.node.vm.time_limit import expire

KIND = ("tcg", 256)


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image of which only the files count."""
    folder = tmp_path / "image"
    folder.mkdir()
    for name in ("vmlinuz", "initrd"):
        (folder / name).write_bytes(b"1")
    monkeypatch.setattr("testbed.node.vm.facts.IMAGE", folder)
    return folder


@pytest.fixture
def shelf(image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An account's folder, in which saving is to write two files."""

    def save(_kind: object, folder: Path, _shelf: int) -> None:
        (folder / "memory").write_bytes(b"memory")
        (folder / "state").write_bytes(b"state")

    monkeypatch.setattr("testbed.node.vm.shelf.save", save)
    folder = tmp_path / "shelf"
    folder.mkdir(0o700)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    yield Shelf(descriptor)
    os.close(descriptor)


def booted(monkeypatch: pytest.MonkeyPatch, boot: str) -> None:
    """From now on the node was booted another time."""
    for module in ("facts", "shelf"):
        monkeypatch.setattr(f"testbed.node.vm.{module}.boot_id", lambda: boot)


def how(shelf: Any, kind: tuple[str, int] = KIND) -> str:
    """How a saved machine was had."""
    with shelf.machine(Kind(*kind), 10.0) as saved:
        assert os.pread(saved.memory, 10, 0) == b"memory"
        assert os.pread(saved.state, 10, 0) == b"state"
        return str(saved.how)


def place(shelf: Any) -> Path:
    return Path(shelf.path / f"machine-{key(Kind(*KIND))}")


def test_a_machine_is_made_once_and_found_from_then_on(shelf: Any) -> None:
    assert how(shelf).endswith("there was none")
    assert how(shelf) == "found"
    assert sorted(each.name for each in shelf.path.iterdir()) == ["lock", place(shelf).name]
    assert [oct(each.stat().st_mode & 0o777) for each in sorted(place(shelf).iterdir())] == [
        "0o600",
        "0o400",
        "0o400",
    ]


def resealed(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads((folder / "manifest").read_text())
    change(manifest)
    (folder / "manifest").write_text(json.dumps(manifest))


def grown(folder: Path) -> None:
    (folder / "memory").chmod(0o600)
    with (folder / "memory").open("ab") as file:
        file.write(b"!")


def rewritten(folder: Path) -> None:
    """As long, and as old, as it was."""
    (folder / "state").chmod(0o600)
    times = (folder / "state").stat()
    (folder / "state").write_bytes(b"State")
    os.utime(folder / "state", ns=(times.st_atime_ns, times.st_mtime_ns))
    (folder / "state").chmod(0o400)


def opened(folder: Path) -> None:
    (folder / "memory").chmod(0o440)


def replaced(folder: Path) -> None:
    (folder / "memory").unlink()
    (folder / "memory").symlink_to("/etc/passwd")


def without_state(folder: Path) -> None:
    (folder / "state").unlink()


def torn(folder: Path) -> None:
    (folder / "manifest").write_text((folder / "manifest").read_text()[:-20])


def other_sum(folder: Path) -> None:
    resealed(folder, lambda manifest: manifest.update(state="0" * 64))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (grown, "has been changed"),
        (rewritten, "has been changed"),
        (opened, "open to others"),
        (replaced, "cannot be used"),
        (without_state, "there was none"),
        (torn, "cannot be used"),
        (other_sum, "is damaged"),
    ],
)
def test_a_machine_that_is_not_what_was_saved_is_made_anew(
    shelf: Any, damage: Callable[[Path], None], reason: str
) -> None:
    how(shelf)
    damage(place(shelf))
    assert reason in how(shelf)
    assert how(shelf) == "found"


def test_the_account_itself_can_forge_a_saved_machine_and_it_is_trusted(shelf: Any) -> None:
    """What docs/vm.md says loudly: nothing that an account can read and write holds against itself (observed)."""
    how(shelf)
    folder = place(shelf)
    (folder / "memory").chmod(0o600)
    (folder / "memory").write_bytes(b"spoilt")
    (folder / "memory").chmod(0o400)
    resealed(folder, lambda noted: noted["files"].update(memory=facts_of_file((folder / "memory").stat())))
    with shelf.machine(Kind(*KIND), 10.0) as saved:
        assert (saved.how, os.pread(saved.memory, 10, 0)) == ("found", b"spoilt")


def test_two_that_find_none_at_once_make_one(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is held in its making until the other waits for the lock; what is made is made by a process each."""
    saves, (going, go) = shelves.save, os.pipe()
    made = shelf.path / ".." / "made"

    def slow(*words: Any) -> None:
        os.read(going, 1)
        with made.open("a") as file:
            file.write("x")
        saves(*words)

    monkeypatch.setattr("testbed.node.vm.shelf.save", slow)
    pids = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                signal.signal(signal.SIGALRM, expire)
                code = 0 if how(shelf) else 1
            finally:
                os._exit(code)
        pids.append(pid)
    assert eventually(lambda: waits_for_lock(pids), within=5.0)
    os.write(go, b"gg")
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0]
    assert made.read_text() == "x"
    for end in (going, go):
        os.close(end)


def waits_for_lock(pids: list[int]) -> bool:
    """Whether one of these processes waits in flock(2) (/proc/locks, proc(5))."""
    waiting = [line.split() for line in Path("/proc/locks").read_text().splitlines() if "->" in line]
    return any(str(pid) in line for pid in pids for line in waiting)


def test_a_machine_of_another_kind_image_or_boot_is_another(
    shelf: Any, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {key(Kind(*KIND)), key(Kind("kvm", 256)), key(Kind("tcg", 512))}
    (image / "initrd").write_bytes(b"2")
    names.add(key(Kind(*KIND)))
    booted(monkeypatch, "another boot")
    names.add(key(Kind(*KIND)))
    monkeypatch.setattr("testbed.node.vm.machine.PROCESSOR", "max")
    names.add(key(Kind(*KIND)))
    assert len(names) == 6


@pytest.mark.usefixtures("image")
def test_a_saved_machine_stands_or_falls_with_every_module_that_its_launcher_loads() -> None:
    """Python says which, those of each folder by two names."""
    start = Path(facts.__file__).parent
    command = [sys.executable, "-I", "-S", "-X", "importtime", str(start), "--help"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stderr
    loaded = re.findall(r"\bnode\.(\w+)\.(\w+)$", said, re.MULTILINE)
    files = {str(start.parent / room / f"{module}.py") for room, module in loaded}
    assert str(start / "run.py") in files
    assert files - set(facts_of(Kind(*KIND))["files"]) == set()


def test_what_a_killed_maker_left_is_never_taken_and_goes(shelf: Any) -> None:
    how(shelf)
    half = shelf.path / "making-0123"
    place(shelf).rename(half)
    (half / "state").unlink()
    assert how(shelf).endswith("there was none")
    assert not half.exists()


def test_machines_of_an_earlier_boot_go_and_few_are_kept(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    booted(monkeypatch, "yesterday")
    how(shelf)
    old = place(shelf)
    booted(monkeypatch, "today")
    for memory in range(200, 206):
        how(shelf, ("tcg", memory))
    assert not old.exists()
    assert len(list(shelf.path.glob("machine-*"))) == KEPT


def test_a_folder_that_is_open_to_others_or_is_a_link_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("testbed.node.vm.shelf.SHELVES", tmp_path)
    own = tmp_path / str(os.getuid())
    with Shelf.opened() as shelf:
        assert shelf.path.stat().st_mode & 0o777 == 0o700
    own.chmod(0o750)
    with pytest.raises(Unusable, match="not private"), Shelf.opened():
        pass
    own.rename(tmp_path / "elsewhere")
    own.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unusable, match="nothing can be kept"), Shelf.opened():
        pass


@pytest.mark.parametrize("error", [ValueError("no such signal"), FileNotFoundError(2, "gone"), KeyError("data")])
def test_what_fails_while_a_payload_runs_is_no_reason_to_run_it_again(
    shelf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Such an error was once taken for one of the saved machine, and the payload was started in another."""
    starts = []

    def fails(_run: object, _beginning: object, start: str, _limit: float) -> None:
        starts.append(start)
        raise error

    monkeypatch.setattr("testbed.node.vm.shelf.SHELVES", tmp_path)
    monkeypatch.setattr(Run, "_through", fails)
    before = signal.signal(signal.SIGALRM, expire)
    try:
        with pytest.raises(type(error)):
            Run(Payload(["/bin/true"]), Kind(*KIND), 10.0).result()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert starts == ["restored"]


def test_a_machine_that_was_ended_by_any_signal_has_a_word_for_it() -> None:
    assert [name_of(number) for number in (9, 40)] == ["SIGKILL", "signal 40"]


def test_while_another_makes_one_a_pilot_waits_no_longer_than_it_may(shelf: Any) -> None:
    before = signal.signal(signal.SIGALRM, expire)
    try:
        with (
            shelf.locked(),
            pytest.raises(Unusable, match="none was made within"),
            shelf.machine(Kind(*KIND), 0.2),
        ):
            pass
    finally:
        signal.signal(signal.SIGALRM, before)
