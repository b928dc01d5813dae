"""What comes out: the payload's output as it arrives, and files as a whole."""

import os
from pathlib import Path

from .failure import Failure


def pass_on(stream: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(stream, data) :]
    except OSError as error:
        cause = f"cannot pass on the payload's output: {error.strerror}"
        raise Failure("output", cause, "keep the launcher's output open") from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there as a whole or not at all."""
    if path.exists() and not path.is_file():
        path.write_bytes(data)  # a device, such as /dev/stderr
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(data)
    fresh.replace(path)
