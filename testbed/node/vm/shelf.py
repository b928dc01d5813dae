"""Where an account keeps its saved machines."""

import contextlib
import fcntl
import json
import os
import pwd
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from .facts import boot_id, key, private
from .machine import BOOT_LIMIT, Kind
from .saved import Saved, Unusable, save, taken, write_manifest
from .time_limit import Expired, arm, disarm, seconds_since

SHELVES = Path("/var/cache/testbed-vm")
"""Where each account has a folder for its saved machines, if the site has made this one: root's, mode 1777."""
KEPT = 3
"""Saved machines of one account that are kept: those of other memory sizes, and the like."""


class Shelf:
    """An account's folder for saved machines, open: nobody else may write there."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.path = Path(f"/proc/self/fd/{descriptor}")

    @classmethod
    @contextlib.contextmanager
    def opened(cls) -> Iterator["Shelf"]:
        """The account's own below `SHELVES`, or in its home. Raises `Unusable`."""
        uid = os.getuid()
        folder = SHELVES / str(uid)
        if not SHELVES.is_dir():
            folder = Path(pwd.getpwuid(uid).pw_dir) / ".cache" / "testbed-vm"
        try:
            folder.mkdir(mode=0o700, parents=SHELVES not in folder.parents, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except (OSError, KeyError) as error:
            raise Unusable(f"nothing can be kept in {folder}: {error}") from error
        try:
            if not private(os.fstat(descriptor)):
                raise Unusable(f"{folder} is not private to uid {uid}; rm -rf {folder}")
            yield cls(descriptor)
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Alone in the making: until the lock can be had, or a time limit passes."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def machine(self, kind: Kind, limit: float) -> Iterator[Saved]:
        """A saved machine of a kind, made where there is none yet. Raises `Unusable`."""
        try:
            name = f"machine-{key(kind)}"
        except OSError as error:
            raise Unusable(f"nobody knows what it would stand for: {error}") from error
        with contextlib.ExitStack() as held:
            try:
                saved = held.enter_context(taken(self.path / name, "found"))
            except Unusable as reason:
                saved = held.enter_context(self._made(kind, name, limit, str(reason)))
            yield saved

    @contextlib.contextmanager
    def _made(self, kind: Kind, name: str, limit: float, reason: str) -> Iterator[Saved]:
        began, boots = time.monotonic(), 0
        with contextlib.ExitStack() as held:
            try:
                arm(limit)
                with self.locked():
                    try:
                        saved = held.enter_context(taken(self.path / name, "found, made meanwhile"))
                    except Unusable:
                        arm(min(BOOT_LIMIT, max(began + limit - time.monotonic(), 0.001)))
                        boots = 1
                        self._make(kind, name)
                        how = f"made in {seconds_since(began)} s: {reason}"
                        saved = held.enter_context(taken(self.path / name, how))
            except Expired:
                raise Unusable(f"none was made within {seconds_since(began)} s", boots) from None
            except OSError as error:
                raise Unusable(f"none can be made: {error}") from error
            finally:
                disarm()
            yield saved

    def _make(self, kind: Kind, name: str) -> None:
        """Boot a machine, save it, and put it in its place at one blow. What a killed maker left goes first."""
        self._sweep()
        making = self.path / f"making-{secrets.token_hex(8)}"
        making.mkdir(0o700)
        save(kind, making, self._descriptor)
        write_manifest(making, kind)
        self.discard(name)
        making.rename(self.path / name)

    def _sweep(self) -> None:
        """Take away what was never finished, what an earlier boot of the node left, and the oldest of the rest."""
        boot, seen = boot_id(), []
        for path in self.path.iterdir():
            if path.name.startswith(("making-", "gone-")):
                shutil.rmtree(path, ignore_errors=True)
            elif path.name.startswith("machine-"):
                with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                    manifest = path / "manifest"
                    if json.loads(manifest.read_text())["of"]["boot"] == boot:
                        seen.append((manifest.stat().st_mtime, path))
                        continue
                shutil.rmtree(path, ignore_errors=True)
        for _, path in sorted(seen)[: -KEPT + 1]:
            shutil.rmtree(path, ignore_errors=True)

    def discard(self, name: str) -> None:
        """Take one out of its place; who has it open keeps it."""
        gone = self.path / f"gone-{secrets.token_hex(8)}"
        with contextlib.suppress(FileNotFoundError):
            (self.path / name).rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
