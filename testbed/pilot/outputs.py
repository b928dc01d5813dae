"""What a payload leaves for its owner: the list of names under which it is looked for, and the tar that comes of it."""

import io
import tarfile
from pathlib import Path, PurePosixPath

from testbed.model.problem import Problem, shown
from testbed.pilot import sandbox

LARGEST = 3 * 1024 * 1024
"""Bytes of the tar as it travels."""
MOST_NAMES = 32
LONGEST_NAME = 200
EXPECTED = "names or globs below the folder that the payload starts in, such as result-*.txt"


def wanted(data: object) -> tuple[str, ...]:
    """The list of outputs of JSON data. A `Problem` for what would reach out of the payload's folder."""
    if not isinstance(data, list | tuple) or len(data) > MOST_NAMES:
        raise Problem("outputs are a list of names", found=shown(data), expected=f"at most {MOST_NAMES} names")
    for name in data:
        if not isinstance(name, str) or not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise Problem("an output without a name that can be printed", found=shown(name), expected=EXPECTED)
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or name.startswith("-"):
            raise Problem("an output that leads elsewhere", found=name, expected=EXPECTED)
    return tuple(data)


def checked(archive: bytes) -> bytes:
    """The tar of what came back, when nothing in it reaches elsewhere once unpacked. A `Problem` names the member."""
    if len(archive) > LARGEST:
        raise Problem("outputs that are too large", found=f"{len(archive)} bytes", expected=f"at most {LARGEST}")
    return sandbox.checked(archive)


def unpacked(archive: bytes, folder: Path) -> list[str]:
    """The outputs laid below a folder of the reader's; their names. What is there already is not written over."""
    if not archive:
        return []
    try:
        with tarfile.open(fileobj=io.BytesIO(checked(archive))) as members:
            files = [member for member in members if member.isreg()]
            for member in files:
                if (folder / member.name).exists():
                    raise Problem("an output would be written over", where=str(folder / member.name))
            folder.mkdir(parents=True, exist_ok=True)
            for member in files:
                members.extract(member, folder, filter="data")
    except (OSError, tarfile.TarError) as error:  # a link of the reader's own leads out of the folder
        raise Problem("outputs cannot be written", where=str(folder), cause=str(error)) from None
    return [member.name for member in files]
