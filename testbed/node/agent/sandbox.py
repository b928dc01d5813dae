"""Where the pilot works, and where the things of each payload lie."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .log import log
from .payload import Payload
from .processes import show_memory
from .removal import discard, remove
from .report import Account


class Sandbox:
    """The pilot's folder: 0711, so that other accounts can pass, with a private place (0700) for proxies."""

    def __init__(self, proxy: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pilot-"))
        self.folder.chmod(0o711)
        self._private = self.folder / "private"
        self._private.mkdir(0o700)
        self._proxy = proxy
        self._hidden = False
        self.proxy = self.keep("pilot", proxy)

    def keep(self, name: str, proxy: str) -> Path:
        """A proxy in a file that nobody else can open, from its first moment; in an older one's place at one blow."""
        path, new = self._private / f"{name}.pem", self._private / f"{name}.new"
        discard(new)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(proxy)
        new.rename(path)
        return path

    def place(self, payload: Payload, *, separates: bool, enclosed: bool = False) -> "Place":
        """All the places of one payload. In a folder of an account of its own nothing is the pilot's.

        ``enclosed``: others have no way there, whatever mode the payload gives its folder. A set-id program in it would
        be a way out of its container.
        """
        folder = self._private / f"{payload.ident}.work" if enclosed else self.folder / payload.ident
        folder.mkdir(0o700)
        if not enclosed:
            folder.chmod(0o755 if separates and payload.sandbox else 0o711)
        proxy = self.keep(payload.ident, payload.proxy)
        if not separates:
            shown = self._private / payload.ident
            shown.mkdir(0o700)
            return Place(folder, proxy, folder, shown / "proxy.pem")
        name = Path(tempfile.gettempdir()) / f"payload-{secrets.token_hex(16)}"
        return Place(folder, proxy, name, name.with_suffix(".pem"))

    @contextlib.contextmanager
    def proxy_hidden(self, account: Account) -> Iterator[None]:
        """The pilot's own proxy is out of the file system meanwhile, and its memory closed to its account.

        For good where something of the payload could not be ended: it would find both.
        """
        self._hidden = True
        self.proxy.unlink(missing_ok=True)
        show_memory(False)
        try:
            yield
        finally:
            if not account.remaining:
                self._hidden = False
                show_memory(True)
                try:
                    self.keep("pilot", self._proxy)
                except OSError as error:  # the payload was of our account, and could close the folder
                    log(f"the pilot's own proxy could not be put back: {error}")

    def private(self, name: str) -> Path:
        """A place that no other account gets at."""
        return self._private / name

    def machine(self, ident: str) -> Path:
        """An empty folder for what goes to and fro between us and the launcher of a payload's machine."""
        self.forget_machine(ident)
        folder = self.private(f"{ident}.machine")
        folder.mkdir(0o700)
        return folder

    def forget_machine(self, ident: str) -> None:
        """Take that folder away."""
        if (folder := self.private(f"{ident}.machine")).is_dir():
            remove(folder)

    def renew(self, proxy: str = "") -> None:
        """Put the pilot's own proxy in its place anew, or a newer one; what is hidden stays so for now."""
        self._proxy = proxy or self._proxy
        if not self._hidden:
            self.keep("pilot", self._proxy)

    def remove(self) -> None:
        """Take everything away that this account may remove, the proxies first."""
        remove(self._private)
        remove(self.folder)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the things of one payload lie."""

    folder: Path
    """The pilot's, with the sandbox: the payload may read it."""
    proxy: Path
    """The user's proxy, for the pilot's eyes only."""
    work: Path
    """Where the payload starts, and may write: the same folder, or one that its own account makes."""
    copy: Path
    """The proxy that the switch makes for the payload; of our own account in a folder where nothing else is."""
