"""A switch that somebody brings: which files of it are taken, and what is no switch."""

import os
from pathlib import Path

import pytest

from testbed.model.entry import Entry, Kind
from testbed.model.mode import Installation
from testbed.model.problem import Problem
from testbed.site.choice import Choice
from testbed.site.load import example
from testbed.site.switch import PROGRAM, of_path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The smallest tree that is a switch."""
    folder = tmp_path / "theirs"
    program = folder / "usr/sbin/glexec"
    program.parent.mkdir(parents=True)
    program.write_bytes(b"program")
    program.chmod(0o6755)
    return folder


def beside(tree: Path, path: str, content: bytes = b"x", mode: int = 0o644) -> Path:
    place = tree / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    place.chmod(mode)
    return place


def test_a_program_file_becomes_the_switch(tmp_path: Path) -> None:
    program = tmp_path / "my-glexec"
    program.write_bytes(b"program")
    switch = of_path(program)
    assert switch.name == "my-glexec"
    assert switch.entries == (Entry(PROGRAM, b"program", 0o755),)


def test_a_folder_is_laid_over_the_worker_node_with_files_of_root_s(tree: Path) -> None:
    beside(tree, "usr/libexec/glexec/lcmaps-account", mode=0o4777)
    beside(tree, "opt/theirs/libx.so.1", mode=0o664)
    (tree / "opt/theirs/libx.so").symlink_to("libx.so.1")
    entries = {entry.path: entry for entry in of_path(tree).entries}
    assert set(entries) == {
        PROGRAM,
        "/usr/libexec/glexec/lcmaps-account",
        "/opt/theirs/libx.so.1",
        "/opt/theirs/libx.so",
    }
    assert entries["/usr/libexec/glexec/lcmaps-account"].mode == 0o755
    assert entries["/opt/theirs/libx.so.1"].mode == 0o644
    assert entries["/opt/theirs/libx.so"].kind is Kind.LINK
    assert {(entry.uid, entry.gid) for entry in entries.values()} == {(0, 0)}


@pytest.mark.parametrize("name", ["setuid-gridmap", "logonly-gridmap"])
def test_owner_and_mode_of_the_program_are_those_of_the_site(tree: Path, name: str) -> None:
    [site] = Choice((example(name),)).held_to(of_path(tree)).sites
    [entry] = [entry for entry in site.tree() if entry.path == PROGRAM]
    mode = 0o6111 if site.installation is Installation.SETUID else 0o555
    assert (entry.content, entry.mode, entry.uid, entry.gid) == (b"program", mode, 0, 990)


def test_worlds_of_another_switch_are_other_worlds(tree: Path) -> None:
    choice = Choice((example("setuid-gridmap"),))
    digests = {choice.sites[0].digest, choice.held_to(of_path(tree)).sites[0].digest}
    beside(tree, "usr/lib/theirs.so")
    digests.add(choice.held_to(of_path(tree)).sites[0].digest)
    assert len(digests) == 3


def test_the_name_of_a_switch_is_its_folder_s_or_given(tree: Path) -> None:
    assert of_path(tree).name == "theirs"
    assert of_path(tree, "upstream-0.9.11").name == "upstream-0.9.11"


@pytest.mark.parametrize("name", ["reference", "two words", "../up", ""])
def test_some_names_are_none(tmp_path: Path, name: str) -> None:
    program = tmp_path / (name.replace("/", "_") or " ")
    program.write_bytes(b"program")
    with pytest.raises(Problem, match="cannot be called"):
        of_path(program, name)


def problem(path: Path) -> str:
    with pytest.raises(Problem) as caught:
        of_path(path, "theirs")
    assert caught.value.where
    return str(caught.value)


def test_what_is_not_there_or_empty_is_no_switch(tmp_path: Path) -> None:
    assert "there is no such switch" in problem(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    assert "found:    an empty folder" in problem(tmp_path / "empty")
    (tmp_path / "program").touch()
    assert "is no program" in problem(tmp_path / "program")
    assert "a device" in problem(Path("/dev/null"))


def test_a_folder_without_the_program_is_no_switch(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "glexec").write_bytes(b"program")
    said = problem(tmp_path)
    assert "there is no usr/sbin/glexec" in said
    assert "glexec, src" in said


@pytest.mark.parametrize(
    "path", ["etc/passwd", "etc/glexec.conf", "lib/libc.so.6", "glexec", "usr/libexec/testbed/start"]
)
def test_a_tree_changes_nothing_but_the_switch(tree: Path, path: str) -> None:
    beside(tree, path)
    said = problem(tree)
    assert "the tree would change" in said
    assert f"/{path}" in said


@pytest.mark.parametrize("target", ["/etc/shadow", "../../../../etc/shadow", "/home/me/build/libx.so", "gone.so"])
def test_a_link_leads_to_another_file_of_the_tree(tree: Path, target: str) -> None:
    (tree / "usr/lib").mkdir()
    (tree / "usr/lib/libx.so").symlink_to(target)
    said = problem(tree)
    assert "a link leads out of the switch" in said
    assert target in said


def test_a_link_to_a_folder_is_taken_as_a_link(tree: Path) -> None:
    (tree / "usr/lib").symlink_to("/etc")
    assert "a link leads out" in problem(tree)


def test_the_program_itself_is_no_link(tree: Path) -> None:
    program = tree / "usr/sbin/glexec"
    program.rename(program.with_name("glexec-1"))
    program.symlink_to("glexec-1")
    assert "found:    a link to glexec-1" in problem(tree)


def test_a_pipe_is_no_part_of_a_switch(tree: Path) -> None:
    (tree / "opt").mkdir()
    os.mkfifo(tree / "opt/pipe")
    assert "a device, pipe or socket" in problem(tree)
