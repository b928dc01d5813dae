"""A saved machine: how it is made, and when one is trusted."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .facts import facts_of, facts_of_file, private
from .guest import Guest
from .machine import BOOTED, Beginning, Kind

IGNORING = {"capabilities": [{"capability": name, "state": True} for name in ("x-ignore-shared", "events")]}
"""The guest's memory is not part of the state: it is a file that each machine has for itself, copied when written."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved machine: open files of its memory and of everything else. ``how`` it was had, in words."""

    memory: int
    state: int
    how: str

    def beginning(self, kind: Kind) -> Beginning:
        """A private copy that goes on from there."""
        memory = f"memory-backend-file,id=ram,size={kind.memory}M,mem-path=/proc/self/fd/{self.memory},share=off"
        words = ("-object", f"{memory},readonly=on,rom=off", "-incoming", "defer")
        incoming = {"uri": f"file:/proc/self/fd/{self.state}"}
        commands = (("migrate-set-capabilities", IGNORING), ("migrate-incoming", incoming))
        return Beginning(words, (self.memory, self.state), backed=True, commands=commands)


class Unusable(Exception):
    """There is no saved machine, or none that can be trusted: why, and how many boots that has cost."""

    def __init__(self, why: str, boots: int = 0) -> None:
        super().__init__(why)
        self.boots = boots


def save(kind: Kind, folder: Path, shelf: int) -> None:
    """Boot a machine, and write down its memory and state once it waits for a payload. Raises `Unusable`."""
    memory = folder / "memory"
    os.close(os.open(memory, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    backing = f"memory-backend-file,id=ram,size={kind.memory}M,mem-path={memory},share=on"
    words = ("-object", backing, *BOOTED.words)
    guest = Guest(kind, replace(BOOTED, words=words, descriptors=(shelf,), backed=True))
    try:
        for name, data in guest.pieces():
            if (name, data) == ("said", b"ready 1"):
                guest.command("migrate-set-capabilities", IGNORING)
                guest.command("migrate", {"uri": f"file:{folder / 'state'}"})
            elif name == "qmp":
                said = json.loads(data)
                status = said["data"]["status"] if said.get("event") == "MIGRATION" else ""
                if "error" in said or status == "failed":
                    raise Unusable(f"none can be saved: {data.decode(errors='replace')[:200]}")
                if status == "completed":
                    return
        raise Unusable(f"none can be saved: {guest.trouble().cause}")
    finally:
        guest.end()


def write_manifest(folder: Path, kind: Kind) -> None:
    """Close the files of a saved machine for good and note what they were then."""
    noted = folder / "manifest"
    noted.touch(0o600)
    for name in ("memory", "state"):
        (folder / name).chmod(0o400)
    facts = {name: facts_of_file((folder / name).stat()) for name in ("memory", "state")}
    digest = hashlib.sha256((folder / "state").read_bytes()).hexdigest()
    noted.write_text(json.dumps({"of": facts_of(kind), "files": facts, "state": digest}))


@contextlib.contextmanager
def taken(folder: Path, how: str) -> Iterator[Saved]:
    """A saved machine whose files are what they were when it was saved, looked at as they are open."""
    with contextlib.ExitStack() as held:
        try:
            memory, state = looked_at(folder, held)
        except FileNotFoundError:
            raise Unusable("there was none") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unusable(f"what was saved cannot be used: {error}") from error
        yield Saved(memory, state, how)  # what fails from here on says nothing of it


def looked_at(folder: Path, held: contextlib.ExitStack) -> tuple[int, int]:
    """The memory and the state of a saved machine, open as long as the stack is, if they can be trusted."""

    def opened(name: str | Path, flags: int, at: int | None = None) -> int:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=at)
        held.callback(os.close, descriptor)
        return descriptor

    top = opened(folder, os.O_DIRECTORY)
    noted, memory, state = (opened(name, os.O_NONBLOCK, top) for name in ("manifest", "memory", "state"))
    if not all(private(os.fstat(each)) for each in (top, noted, memory, state)):
        raise Unusable("what was saved is open to others")
    manifest = json.loads(os.pread(noted, 1 << 16, 0))
    facts = {"memory": facts_of_file(os.fstat(memory)), "state": facts_of_file(os.fstat(state))}
    if manifest["files"] != facts:
        raise Unusable("what was saved has been changed")
    with os.fdopen(os.dup(state), "rb") as file:
        if manifest["state"] != hashlib.sha256(file.read(1 << 26)).hexdigest():
            raise Unusable("what was saved is damaged")
    return memory, state
