"""The folder of a job, with its sandbox and its proxy."""

import os
from pathlib import Path

from ..common.sandbox import extract
from .account import Account


def lay_out(folder: Path, account: Account, proxy: str, sandbox: bytes) -> Path:
    """The folder of a job, all of it the account's; where its proxy lies. Raises what `extract` does."""
    if sandbox:
        extract(sandbox, folder)
    place = folder / "x509up"
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(proxy)
    for path in (*folder.rglob("*"), folder):  # it last: until then nobody else comes in to put a link in a path
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return place
