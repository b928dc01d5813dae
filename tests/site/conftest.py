"""A site to spoil: a copy of an example whose files a test changes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.site import init


class Draft:
    """A site's folder that a test may spoil."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def swap(self, old: str, new: str, file: str = "site.toml") -> None:
        """Replace the first occurrence of a text, which has to be there."""
        text = (self.folder / file).read_text()
        assert old in text
        (self.folder / file).write_text(text.replace(old, new, 1), newline="")

    def add(self, text: str, file: str = "site.toml") -> None:
        """Write something at the end of a file."""
        with (self.folder / file).open("a") as end:
            end.write(text)

    def line(self, text: str, file: str = "site.toml") -> int:
        """The number of the first line with this text."""
        lines = (self.folder / file).read_text().splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.fixture
def draft(tmp_path: Path) -> Callable[[str], Draft]:
    """A copy of the example of this name."""

    def copy(example: str = "setuid-gridmap") -> Draft:
        init(tmp_path / "mine", example)
        return Draft(tmp_path / "mine")

    return copy
