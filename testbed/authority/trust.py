"""Whom the service believes: authorities and revocation lists by hash, and which servers may speak for a VO."""

import time
from datetime import datetime
from pathlib import Path

from OpenSSL import crypto

LOOK = 1.0
"""Seconds between two looks whether somebody changed the folders."""

_FLAGS = crypto.X509StoreFlags.ALLOW_PROXY_CERTS | crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL
# Not strict: X509_STRICT asks of every link what grid authorities and old proxies lack. No partial chain: it would let
# a chain end at an intermediate certificate.


class Trust:
    """The folders of a grid host. ``version`` is another one after each change of them."""

    def __init__(self, certificates: Path, vomsdir: Path) -> None:
        self.certificates = certificates
        self.vomsdir = vomsdir
        self.version = 0
        self._looked = 0.0
        self._seen: object = None
        self._store: crypto.X509Store | None = None
        self._servers: dict[tuple[str, str], list[list[str]]] = {}
        self.look()

    def look(self) -> None:
        """Notice changes now."""
        self._looked = time.monotonic()
        seen = _seen(self.certificates), _seen(self.vomsdir)
        if seen != self._seen:
            self._seen, self._store, self._servers = seen, None, {}
            self.version += 1

    def glance(self) -> int:
        """The version; notices changes when the last look is a while ago."""
        if time.monotonic() - self._looked > LOOK:
            self.look()
        return self.version

    @property
    def store(self) -> crypto.X509Store:
        """Authorities and revocation lists; OpenSSL reads each when it is first needed."""
        if self._store is None:
            self._store = self._opened()
        return self._store

    def store_at(self, moment: datetime) -> crypto.X509Store:
        """The same for another moment than now. A store of its own: OpenSSL lets its time be set once, then never."""
        store = self._opened()
        store.set_time(moment)
        return store

    def _opened(self) -> crypto.X509Store:
        store = crypto.X509Store()
        store.load_locations(None, str(self.certificates))
        store.set_flags(_FLAGS)
        return store

    def servers(self, vo: str, host: str) -> list[list[str]]:
        """The chains of names in ``vomsdir/VO/HOST.lsc``, each: subject, issuer, ...; empty without a file."""
        if (vo, host) not in self._servers:
            if not _plain(vo) or not _plain(host):
                return []
            try:
                text = (self.vomsdir / vo / f"{host}.lsc").read_text("utf-8", errors="replace")
            except OSError:
                return []
            chains: list[list[str]] = [[]]
            for line in map(str.strip, text.splitlines()):
                if line.startswith("---"):
                    chains.append([])
                elif line and not line.startswith("#"):
                    chains[-1].append(line)
            self._servers[vo, host] = [chain for chain in chains if chain]
        return self._servers[vo, host]


def _plain(word: str) -> bool:
    return bool(word) and not word.startswith(".") and "/" not in word and "\0" not in word


def _seen(folder: Path) -> object:
    """What changes when somebody adds, removes or rewrites a file below the folder."""
    try:
        files = [folder, *(path for path in folder.rglob("*"))]
        return tuple(sorted((str(path), (info := path.stat()).st_mtime_ns, info.st_size) for path in files))
    except OSError as error:
        return str(error)
