"""What a payload leaves running: ``python3 -S -c "$(cat lingerer.py)" NAME PLACE MARK``, by a daemon, at or cron.

It waits for the file PLACE/ended, which root makes when the payload has ended, and copies it to PLACE/NAME. It waits on
for PLACE/read, which holds a path, and copies what is there to PLACE/NAME-read. MARK names it in the list of processes.
Whatever comes, it is gone after LIMIT seconds.
"""

import os
import sys
import time

LIMIT = 60.0
LOOK = 0.02


def copied(source: str, target: str, deadline: float) -> str:
    """Wait for a file, and copy it at one blow; what was in it."""
    while not os.path.exists(source) and time.monotonic() < deadline:
        time.sleep(LOOK)
    with open(source) as file:
        text = file.read()
    with open(target + ".new", "w") as file:
        file.write(text)
    os.rename(target + ".new", target)
    return text


def main(name: str, place: str) -> None:
    """Answer that it lives, and read what it is told to."""
    deadline = time.monotonic() + LIMIT
    copied(f"{place}/ended", f"{place}/{name}", deadline)
    while not os.path.exists(f"{place}/read") and time.monotonic() < deadline:
        time.sleep(LOOK)
    with open(f"{place}/read") as file:
        copied(file.read().strip(), f"{place}/{name}-read", deadline)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
