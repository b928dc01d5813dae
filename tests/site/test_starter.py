"""A site of one's own begins as a copy of an example."""

from pathlib import Path

import pytest

from testbed.model.problem import Problem
from testbed.site import check, example, examples, init, load_site


@pytest.mark.parametrize("name", examples())
def test_an_example_is_copied_whole_and_is_a_good_site(tmp_path: Path, name: str) -> None:
    written = init(tmp_path / "new" / "site", name)
    assert {path.name for path in written} >= {"site.toml", "glexec.conf", "lcmaps.db", "grid-mapfile"}
    assert all(path.is_file() for path in written)
    assert load_site(tmp_path / "new" / "site").digest == example(name).digest
    assert check(load_site(tmp_path / "new" / "site")) == []


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    assert init(tmp_path, "setuid-gridmap")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(Problem, match="not empty") as caught:
        init(tmp_path, "setuid-gridmap")
    assert caught.value.found == "mine"
    with pytest.raises(Problem, match="this is a file"):
        init(tmp_path / "mine", "setuid-gridmap")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_folder_that_cannot_be_made_is_named() -> None:
    with pytest.raises(Problem, match="cannot be written"):
        init(Path("/proc/nowhere/site"), "setuid-gridmap")


def test_an_unknown_example_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        init(tmp_path / "x", "logonly-gridmp")
    assert caught.value.remedy == "did you mean 'logonly-gridmap'?"
