"""A payload's files, laid out for whatever account it will have."""

from pathlib import Path

from ..common import sandbox
from .problems import SandboxProblem


def unpack(archive: bytes, folder: Path) -> None:
    """Lay them out: readable by all, to be changed by nobody else.

    The VO has looked at them, which is not believed here. Raises `SandboxProblem`.
    """
    if not archive:
        return
    try:
        sandbox.extract(archive, folder)
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    except sandbox.ERRORS as error:
        raise SandboxProblem(str(error)[:500]) from None
