"""The users' proxies that the VO keeps: whose they are, how long they last, and how they are renewed."""

import re
import sqlite3
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from testbed.authority.chain import Chains
from testbed.authority.face import Untrusted
from testbed.authority.oneline import one_line
from testbed.authority.party import Party
from testbed.model.problem import Problem
from testbed.pilot.home import ROBOT, Home
from testbed.pilot.store import Store
from testbed.pilot.tls import PROXY_CERT_INFO

LARGEST = 64 * 1024
"""Bytes of a proxy with its key and chain."""

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
KEY = re.compile(r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----.{0,4096}?-----END ([A-Z]+ )?PRIVATE KEY-----", re.DOTALL)
"""One of RSA with 4096 bits has 3200 characters. While a longer one is checked (8192 bits: seconds) nobody is heard."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A proxy, as its PEM says; nothing of it is verified here."""

    pem: str
    dn: str
    """The end entity's."""
    until: float
    """Seconds since 1970 at which the first certificate of it ends."""
    chain: tuple[bytes, ...]
    """DER, the proxy first."""
    own: bool
    """Whether it begins with a proxy, and not with the end entity's certificate."""

    @classmethod
    def parse(cls, pem: str) -> "Kept":
        """The proxy in a text. Raises `Problem`."""
        try:
            chain = x509.load_pem_x509_certificates(pem.encode())
            owners = [one for one in chain if not _is_proxy(one)]
            dn = one_line(owners[0].subject) if owners else ""
        except Exception as error:  # whatever the library makes of hostile bytes
            raise Problem("a proxy that cannot be read", cause=str(error)[:200], expected="PEM") from None
        if not dn:
            raise Problem("a proxy without its owner's certificate", expected="the chain up to the authority, in PEM")
        until = min(one.not_valid_after_utc for one in chain).timestamp()
        der = tuple(one.public_bytes(Encoding.DER) for one in chain)
        return cls(pem, dn, until, der, _is_proxy(chain[0]))

    def with_key(self, key: str) -> "Kept":
        """The same with this key, and with nothing else that the text had: others would read that differently."""
        first, *others = (x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM).decode() for one in self.chain)
        return replace(self, pem="".join((first, key.strip() + "\n", *others)))


class Proxies:
    """One proxy for each owner: the one that the VO was made with, or the better one that was handed in since."""

    def __init__(self, home: Home, store: Store, chains: Chains) -> None:
        self._store = store
        self._chains = chains
        folder = home.folder / "proxies"
        self._kept = {path.stem: Kept.parse(path.read_text()) for path in sorted(folder.glob("*.pem"))}
        self._home = home
        self._keys: dict[str, Key] = {}
        self.robots: set[bytes] = {self._kept[ROBOT].chain[0]} if ROBOT in self._kept else set()
        """The first certificates of the VO's own proxies, earlier ones too: any of them may have signed a pilot's."""
        for row in store.connection.execute("SELECT owner, pem FROM proxies").fetchall():
            better = Kept.parse(row["pem"])
            if row["owner"] == ROBOT:
                self.robots.add(better.chain[0])
            known = self._kept.get(row["owner"])
            if known is not None and known.dn == better.dn and known.until < better.until:
                self._kept[row["owner"]] = better

    @property
    def owners(self) -> Mapping[str, Kept]:
        """Everybody whose payloads may be taken in, by name."""
        return {name: kept for name, kept in self._kept.items() if name != ROBOT}

    @property
    def robot(self) -> Kept:
        """The VO's own, with the role of pilots. A `Problem` where there is none."""
        return self._known(ROBOT)

    def _known(self, name: str) -> Kept:
        """The proxy of an owner, or of the robot."""
        return self._kept[ROBOT] if name == ROBOT and ROBOT in self._kept else self.get(name)

    def get(self, owner: str) -> Kept:
        """The proxy of an owner. A `Problem` when nobody is called so, with the nearest name."""
        if owner not in self.owners:
            self._home.unknown(owner, self.owners)
        return self._kept[owner]

    def dn(self, owner: str) -> str:
        """Who an owner is; nobody where no proxy of his is kept any more."""
        return self._kept[owner].dn if owner in self.owners else ""

    def named(self, dn: str) -> Sequence[str]:
        """The owners that are this person."""
        return sorted(name for name, kept in self.owners.items() if kept.dn == dn)

    def until(self, owner: str) -> float:
        """When the proxy of an owner ends, in seconds since 1970; 0 where none is kept any more."""
        return self._kept[owner].until if owner in self.owners else 0.0

    def left(self, owner: str) -> float:
        """Seconds that the proxy of an owner will still be good for; none where its chain proves nothing."""
        return self.until(owner) - time.time() if self._proven(owner) else 0.0

    def attributes(self, owner: str) -> tuple[str, ...]:
        """The VOMS attributes that an owner's proxy proves; none where its chain proves nothing."""
        party = self._proven(owner)
        return party.fqans if party else ()

    def prove(self, owner: str, vo: str, roles: Collection[str]) -> bool:
        """Whether an owner's proxy proves this VO, if one is named, as its first, and these roles."""
        fqans = self.attributes(owner)
        return vo in ("", vo_of(fqans)) and all(has_role(fqans, role) for role in roles)

    def _proven(self, owner: str) -> Party | None:
        # A VO that is begun anew may have payloads of an owner whose proxy its folder does not have any more.
        return self._chains.find(self._kept[owner].chain).party if owner in self._kept else None

    def proved(self, owner: str) -> tuple[str, ...]:
        """The same of a proxy that is good. A `Problem` says why it is not."""
        kept = self.get(owner)
        if (ago := time.time() - kept.until) >= 0:
            found = f"{owner}: {ago:.0f} s ago"
            raise Problem("the proxy of this user has expired", found=found, remedy="hand in a new one")
        try:
            return self._chains(kept.chain).fqans
        except Untrusted as error:
            cause = str(error)
            raise Problem("the proxy of this user proves nobody", where=owner, found=kept.dn, cause=cause) from None

    def with_role(self, role: str) -> list[str]:
        """The owners whose proxies prove this role."""
        return [name for name in self.owners if has_role(self.attributes(name), role)]

    def request(self, owner: str) -> str:
        """A request (PKCS#10, PEM) for a proxy of a new key, which never leaves us. The next one takes its place."""
        old = x509.load_der_x509_certificate(self._known(owner).chain[0]).public_key()
        key = self._keys[owner] = _new_key(rsa_wanted=isinstance(old, rsa.RSAPublicKey))
        wanted = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        return wanted.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def keep(self, owner: str, pem: str, by: str) -> Kept:
        """Put a new proxy in an old one's place, once all of it is found good. A `Problem` says what is not.

        Without a private key it is one for which `request` was asked.
        """
        old = self._known(owner)
        if len(pem) > LARGEST or not pem.isascii():
            raise Problem("a proxy that cannot be read", found=f"{len(pem)} characters", expected="PEM")
        new = Kept.parse(pem)
        if new.dn != old.dn:
            raise Problem("this is somebody else's proxy", where=owner, found=new.dn, expected=old.dn)
        if not new.own:
            raise Problem("this is the certificate itself", where=owner, expected="a proxy, which does less harm")
        if new.until <= time.time():
            raise Problem("this proxy has expired", where=owner, remedy="make a new one")
        if new.until <= old.until:
            raise Problem("the VO keeps a proxy that lasts longer", where=owner, remedy="nothing: it goes on with that")
        found = KEY.search(pem)
        key = found[0] if found else _text(self._keys[owner]) if owner in self._keys else ""
        _fits(new, key)
        self._proves(owner, new)
        new = new.with_key(key)
        with self._store.change() as store:
            _write(store, owner, new.pem, by)
        self._kept[owner] = new
        if owner == ROBOT:
            self.robots.add(new.chain[0])
        self._keys.pop(owner, None)
        return new

    def _proves(self, owner: str, new: Kept) -> None:
        """Whether the new chain is trusted, and proves no less than the old one did."""
        try:
            party = self._chains(new.chain)
        except Untrusted as error:
            raise Problem("a proxy that proves nothing", where=owner, cause=str(error)) from None
        if lacking := [fqan for fqan in self.attributes(owner) if fqan not in party.fqans]:
            raise Problem("a proxy without the attributes of the old one", where=owner, expected=", ".join(lacking))


def vo_of(fqans: Sequence[str]) -> str:
    """The VO of the primary attribute; empty for none."""
    return fqans[0].split("/")[1] if fqans else ""


def has_role(fqans: Sequence[str], role: str) -> bool:
    """Whether one of these attributes is of this role."""
    return any(fqan.endswith(f"/Role={role}") for fqan in fqans)


def _new_key(*, rsa_wanted: bool) -> Key:
    """A key of the same kind as an owner's proxies have: what reads one kind need not read the other."""
    # As testbed.credentials makes them, which takes long to load.
    if rsa_wanted:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def _text(key: Key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def _write(store: sqlite3.Connection, owner: str, pem: str, by: str) -> None:
    store.execute("INSERT OR REPLACE INTO proxies VALUES (?, ?, ?, ?)", (owner, pem, time.time(), by))


def _fits(proxy: Kept, key: str) -> None:
    """Whether this key, in PEM, is that of a proxy."""
    try:
        found = load_pem_private_key(key.encode(), None).public_key() if key else None
        certified = x509.load_der_x509_certificate(proxy.chain[0]).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it wants a passphrase
        raise Problem("the key of this proxy cannot be read", cause=str(error)[:200]) from None
    if found is None or found != certified:
        raise Problem("a proxy without its key", expected="certificate, its own key and chain in one PEM")


def _is_proxy(certificate: x509.Certificate) -> bool:
    return any(extension.oid == PROXY_CERT_INFO for extension in certificate.extensions)
