"""What a payload leaves running: ``python3 -S -c "$(cat lingerer.py)" NAME PLACE MARK``, by a daemon, at or cron.

It waits for the file PLACE/ended, which root makes when the payload has ended, and copies it to PLACE/NAME. It waits on
for PLACE/read, which holds a path, and copies what is there to PLACE/NAME-read. MARK names it in the list of processes.
Whatever comes, it is gone after LIMIT seconds.
"""

import contextlib
import os
import sys
import time

LIMIT = 60.0
LOOK = 0.02


def held(source: str, deadline: float) -> str:
    """Wait for a file, and what is in it: who makes it may write it after that, and let others read it later still."""
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), open(source) as file:
            if text := file.read():
                return text
        time.sleep(LOOK)
    return ""


def copied(source: str, target: str, deadline: float) -> None:
    """Copy a file that comes to be, at one blow."""
    text = held(source, deadline)
    if text:
        with open(target + ".new", "w") as file:
            file.write(text)
        os.rename(target + ".new", target)


def main(name: str, place: str) -> None:
    """Answer that it lives, and read what it is told to."""
    deadline = time.monotonic() + LIMIT
    copied(f"{place}/ended", f"{place}/{name}", deadline)
    copied(held(f"{place}/read", deadline).strip(), f"{place}/{name}-read", deadline)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
