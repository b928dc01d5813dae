"""The parts of the guest's supervisor that need no guest: what it reads, and the tar that it makes."""

import importlib.util
import io
import os
import socket
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from testbed.pilot.stages.saved import CODE, TEXT

SUPERVISOR = Path(__file__).parents[2] / "images" / "vm" / "supervisor.py"


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The supervisor as a module, its payload's folder a new one."""
    spec = importlib.util.spec_from_file_location("vm_supervisor", SUPERVISOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(module, "WORK", str(tmp_path / "work"))
    monkeypatch.chdir(tmp_path / "work")
    return module


Packed = Callable[..., tuple[dict[str, bytes], list[str]]]


@pytest.fixture
def packed(supervisor: ModuleType) -> Packed:
    """What is in the tar of the files of some patterns, as Python's tarfile reads it, and what was said of the rest."""

    def pack(*patterns: str) -> tuple[dict[str, bytes], list[str]]:
        archive, complaints = os.memfd_create("tar"), os.memfd_create("complaints")
        supervisor.pack(b"".join(os.fsencode(each) + b"\0" for each in patterns), archive, complaints)
        data, said = os.pread(archive, 1 << 24, 0), os.pread(complaints, 1 << 16, 0).decode()
        os.close(archive)
        os.close(complaints)
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as members:
            found = {each.name: members.extractfile(each) for each in members}
            return {name: file.read() for name, file in found.items() if file}, said.splitlines()

    return pack


def test_files_and_folders_come_out_whatever_their_names_and_sizes(packed: Packed) -> None:
    Path("a b").write_bytes(b"1")
    Path("ünï").write_bytes(b"x" * 1025)
    Path("empty").touch()
    Path("deep/er").mkdir(parents=True)
    Path("deep/er/file").write_bytes(b"3" * 512)
    contents, said = packed("*", "deep/er", "a?b")
    assert contents == {"a b": b"1", "ünï": b"x" * 1025, "empty": b"", "deep/er/file": b"3" * 512}
    assert said == []


def test_links_what_is_no_file_and_what_is_elsewhere_stay(packed: Packed) -> None:
    Path("link").symlink_to("/etc/passwd")
    Path("away").symlink_to("/etc")
    Path("one").write_bytes(b"1")
    os.link("one", "two")
    os.mkfifo("pipe")
    contents, said = packed(
        "*", f"../{Path.cwd().name}/one", "/etc/passwd", "away/passwd", "nothing", "$(touch made)", "-x"
    )
    assert contents == {}
    assert len(said) == 11
    assert not Path("made").exists()
    assert "nothing: nothing of this name was left" in said


def test_what_is_too_much_stays_and_the_rest_comes(packed: Packed, supervisor: ModuleType) -> None:
    Path("a-large").write_bytes(b"x" * supervisor.LARGEST_OUTPUTS)
    for number in range(supervisor.MOST_OUTPUTS + 5):
        Path(f"b{number:03}").touch()
    contents, said = packed("*")
    assert len(contents) == supervisor.MOST_OUTPUTS
    assert "a-large" not in contents
    assert (len(said), "too large" in said[0], "at most 100 files" in said[-1]) == (6, True, True)


def test_frames_are_read_whatever_pieces_they_come_in(supervisor: ModuleType) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        port = supervisor.Port(theirs.fileno())
        data = b"argv 5\n/x\0\n\0" + b"stdin 200000\n" + b"y" * 200000 + b"end 0\n"

        def send() -> None:
            for at in range(0, len(data), 7001):
                ours.sendall(data[at : at + 7001])

        sender = threading.Thread(target=send)
        sender.start()
        assert [port.frame() for _ in range(3)] == [("argv", b"/x\0\n\0"), ("stdin", b"y" * 200000), ("end", b"")]
        sender.join(10)


@pytest.mark.parametrize("line", [b"stdin 99999999999\n", b"stdin -1 2\n", b"stdin\n", b"stdin x\n"])
def test_a_frame_without_a_proper_length_is_refused(supervisor: ModuleType, line: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(line)
        with pytest.raises(ValueError, match=r"."):
            supervisor.Port(theirs.fileno()).frame()


def test_what_an_attack_changes_in_saved_machines_is_what_the_supervisor_has_there(supervisor: ModuleType) -> None:
    """Else scenarios/separation/test_saved_machine.py would only be not applicable."""
    assert supervisor.EXPAND == TEXT
    assert len(CODE) <= len(TEXT)
