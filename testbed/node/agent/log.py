"""What the pilot says to whoever looks after pilots."""

import contextlib
import os

LONGEST_LINE = 4096


def log(line: str) -> None:
    """A line for whoever looks after pilots, one whatever is in it. A reader that is gone is no reason to fail."""
    said = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in line[:LONGEST_LINE])
    with contextlib.suppress(OSError):
        os.write(2, f"pilot: {said}\n".encode())
