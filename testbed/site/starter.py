"""Starts a site of one's own from an example: ``testbed init DIR --from EXAMPLE``."""

from pathlib import Path

from testbed.model.problem import Problem
from testbed.site.load import example_folder


def init(directory: Path, example: str) -> list[Path]:
    """Copy an example into a new (or empty) folder; gives the files it wrote. Nothing is ever overwritten."""
    source = example_folder(example)
    if directory.exists() and not directory.is_dir():
        raise Problem("this is a file", where=str(directory), expected="a folder that is new or empty")
    if directory.is_dir() and (there := sorted(item.name for item in directory.iterdir())):
        raise Problem(
            "the folder is not empty, and nothing is overwritten",
            where=str(directory),
            found=", ".join(there[:10]),
            remedy="name a new folder",
        )
    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for item in sorted(source.rglob("*")):
            if item.is_dir():
                continue
            target = directory / item.relative_to(source)
            target.parent.mkdir(exist_ok=True)
            with target.open("xb") as file:
                file.write(item.read_bytes())
            written.append(target)
    except OSError as error:
        raise Problem("the folder cannot be written", where=str(directory), cause=str(error)) from None
    return written
