"""What is altered for a while is afterwards what it was: the same inode, whatever went wrong in between."""

import subprocess

import pytest

from testbed.lab.result import Result
from testbed.model.problem import Problem
from testbed.pilot.alteration import altered


class Here:
    """This machine as a host."""

    name = address = "here"

    def run(self, command, *, limit, stdin=b"", **_):
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=limit, check=False)
        return Result(tuple(command), done.returncode, done.stdout, done.stderr)


@pytest.fixture
def file(tmp_path):
    place = tmp_path / "folder" / "file"
    place.parent.mkdir()
    place.write_text("first\n")
    place.chmod(0o640)
    return place


def facts(path):
    info = path.lstat()
    return info.st_ino, info.st_mode, info.st_mtime_ns, info.st_nlink


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"text": "other\n"}, ("other\n", 0o640)),
        ({"mode": "0666"}, ("first\n", 0o666)),
        ({"script": 'echo more >>"$1"'}, ("first\nmore\n", 0o640)),
        ({"text": "", "mode": "0600"}, ("", 0o600)),
    ],
)
def test_a_file_is_another_meanwhile_and_itself_afterwards(file, change, seen):
    before = facts(file)
    with altered(Here(), str(file), **change):
        assert (file.read_text(), file.stat().st_mode & 0o7777) == seen
        assert facts(file)[0] != before[0]
    assert (file.read_text(), facts(file)) == ("first\n", before)
    assert [each.name for each in file.parent.iterdir()] == ["file"]


def test_it_can_be_gone_meanwhile(file):
    with altered(Here(), str(file), gone=True):
        assert not file.exists()
    assert file.read_text() == "first\n"


def test_links_within_a_folder_are_kept_in_the_copy_and_in_the_original(file):
    (file.parent / "lease").hardlink_to(file)
    before = facts(file)
    with altered(Here(), str(file.parent), script='rm "$1/lease"'):
        assert facts(file)[3] == 1
    assert facts(file) == before


def test_one_alteration_may_lie_within_another(file):
    with altered(Here(), str(file), "second\n"), altered(Here(), str(file), script='echo third >>"$1"'):
        assert file.read_text() == "second\nthird\n"
    assert file.read_text() == "first\n"


def test_a_shell_that_fails_leaves_all_as_it_was(file):
    with pytest.raises(Problem), altered(Here(), str(file), script='rm "$1"; false'):
        raise AssertionError("never here")
    assert file.read_text() == "first\n"


def test_what_is_not_there_cannot_be_altered_and_is_not_made(file):
    absent = file.parent / "absent"
    with pytest.raises(Problem, match="absent"), altered(Here(), str(absent), "text"):
        raise AssertionError("never here")
    assert not absent.exists()


def test_a_failure_inside_is_not_swallowed(file):
    with pytest.raises(KeyError), altered(Here(), str(file), "second\n"):
        raise KeyError
    assert file.read_text() == "first\n"
