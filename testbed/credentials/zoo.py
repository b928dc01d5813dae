"""The zoo: credentials of Alice's, each with one thing wrong with it."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from testbed.credentials import kinds
from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Identity, Validity
from testbed.credentials.grid import Grid
from testbed.credentials.proxy import Form, Policy, make_proxy
from testbed.credentials.voms import attributes_of

OWNER, OTHER, PILOT = "alice", "bob", "pilot"
"""Whose credentials are spoilt, and whose parts get into them."""
EXPIRED, IMPOSTOR = "zoo/expired.attributes", "zoo/impostor.attributes"
"""Attribute certificates of the owner's, base64, that only the VOMS program makes: `make_grid` adds them."""

_GARBAGE = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True, slots=True)
class Zoo:
    """What the members are made of. Each has Alice's good attributes unless these are what is wrong.

    >>> switch.tries(proxy=switch.place(switch.zoo.pem("expired")))
    """

    authority: Authority
    owner: Identity
    other: Identity
    attributes: bytes
    others: bytes
    """Attributes whose holder is the other."""
    expired: bytes
    impostors: bytes
    """The owner's attributes, signed by the server of another VO."""
    impostor: Authority
    """An authority that nobody trusts, with the name of the one that everybody does."""
    pilot: Identity
    pilots: bytes
    """The pilot's own attributes."""

    @classmethod
    def of(cls, grid: Grid) -> "Zoo":
        """The zoo of a grid."""
        return cls(
            Authority(identity(grid, "authority/ca")),
            identity(grid, "users/alice-archer"),
            identity(grid, "users/bob-baker"),
            attributes_of(grid.read(grid.bearer(OWNER).file)),
            attributes_of(grid.read(grid.bearer(OTHER).file)),
            b64decode(grid.read(EXPIRED)),
            b64decode(grid.read(IMPOSTOR)),
            Authority.new(),
            identity(grid, "users/robot-pilot-factory"),
            attributes_of(grid.read(grid.bearer(PILOT).file)),
        )

    def pem(self, member: str) -> bytes:
        """One of `MEMBERS` as a file."""
        return MEMBERS[member](self)

    def proxy(self, **otherwise: object) -> bytes:
        """A good proxy of the owner's, but for what is said, see `make_proxy`."""
        return make_proxy(self.owner, **({"attributes": self.attributes} | otherwise)).pem  # type: ignore[arg-type]

    def crl(self, kind: str) -> bytes:
        """The authority's revocation list: ``revoked`` has the owner on it; ``expired``, ``future``."""
        if kind == "revoked":
            return self.authority.crl([self.owner.certificate.serial_number])
        return self.authority.crl(validity={"expired": _between(-72, -24), "future": _between(24, 72)}[kind])


def _between(start: float, end: float) -> Validity:
    """From so many hours after now to so many."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Validity(now + timedelta(hours=start), now + timedelta(hours=end))


def identity(grid: Grid, name: str) -> Identity:
    """Whom a certificate and a key of the grid make: ``users/alice-archer``."""
    key = load_pem_private_key(grid.read(f"{name}.key.pem"), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return Identity(x509.load_pem_x509_certificate(grid.read(f"{name}.cert.pem")), key)


def _too_deep(zoo: Zoo) -> bytes:
    last = make_proxy(zoo.owner, attributes=zoo.attributes, path_length=0)
    return make_proxy(last).pem


def _unknown_authority(zoo: Zoo) -> bytes:
    forged = zoo.impostor.person("Alice Archer")
    return make_proxy(forged, attributes=zoo.attributes).pem


def _parts(zoo: Zoo) -> tuple[bytes, bytes, bytes]:
    """Certificate, key and issuer of a good proxy."""
    proxy = make_proxy(zoo.owner, attributes=zoo.attributes)
    return proxy.identity.certificate_pem, proxy.identity.key_pem, zoo.owner.certificate_pem


def _without_key(zoo: Zoo) -> bytes:
    certificate, _, issuer = _parts(zoo)
    return certificate + issuer


def _wrong_key(zoo: Zoo) -> bytes:
    certificate, _, issuer = _parts(zoo)
    _, key, _ = _parts(zoo)
    return certificate + key + issuer


def _foreign_issuer(zoo: Zoo) -> bytes:
    certificate, key, _ = _parts(zoo)
    return certificate + key + zoo.other.certificate_pem


def _another_in_front(zoo: Zoo) -> bytes:
    certificate, key, issuer = _parts(zoo)
    return certificate + key + zoo.other.certificate_pem + issuer


def _another_behind(zoo: Zoo) -> bytes:
    certificate, key, issuer = _parts(zoo)
    return certificate + key + issuer + zoo.other.certificate_pem


def _garbage(zoo: Zoo) -> bytes:
    return _GARBAGE + _parts(zoo)[1]


MEMBERS: Mapping[str, Callable[[Zoo], bytes]] = {
    "good": Zoo.proxy,
    "expired": lambda zoo: zoo.proxy(validity=_between(-5, -1)),
    "not yet valid": lambda zoo: zoo.proxy(validity=_between(5, 9)),
    "limited": lambda zoo: zoo.proxy(policy=Policy.LIMITED),
    "independent": lambda zoo: zoo.proxy(policy=Policy.INDEPENDENT),
    "legacy": lambda zoo: kinds.legacy(zoo.owner, zoo.attributes).pem,
    "legacy, limited": lambda zoo: kinds.legacy(zoo.owner, zoo.attributes, Policy.LIMITED).pem,
    "legacy, of an RFC 3820 one": lambda zoo: kinds.mixed(zoo.owner, zoo.attributes, Form.RFC).pem,
    "RFC 3820, of a legacy one": lambda zoo: kinds.mixed(zoo.owner, zoo.attributes, Form.LEGACY).pem,
    "full, of a limited one": lambda zoo: kinds.widened(zoo.owner, zoo.attributes, Form.RFC).pem,
    "legacy, full, of a limited one": lambda zoo: kinds.widened(zoo.owner, zoo.attributes, Form.LEGACY).pem,
    "another's name in front of its own": lambda zoo: kinds.misnamed(zoo.owner, zoo.other, zoo.attributes).pem,
    "of somebody whom its owner has appointed": lambda zoo: kinds.appointed(zoo.owner, zoo.other, zoo.others).pem,
    "a pilot's sub-proxy": lambda zoo: kinds.sub_proxy(zoo.pilot, zoo.pilots, OWNER).pem,
    "beyond its path length": _too_deep,
    "too long lived": lambda zoo: zoo.proxy(validity=_between(-1, 24 * 13)),
    "unknown authority, same name": _unknown_authority,
    "foreign issuer": _foreign_issuer,
    "another's certificate in front of its own": _another_in_front,
    "another's certificate behind its own": _another_behind,
    "no key": _without_key,
    "wrong key": _wrong_key,
    "no proxy": lambda zoo: zoo.owner.certificate_pem + zoo.owner.key_pem,
    "garbage inside": _garbage,
    "no attributes": lambda zoo: zoo.proxy(attributes=b""),
    "expired attributes": lambda zoo: zoo.proxy(attributes=zoo.expired),
    "attributes of another": lambda zoo: zoo.proxy(attributes=zoo.others),
    "attributes by an impostor": lambda zoo: zoo.proxy(attributes=zoo.impostors),
}
"""What is wrong with each, by name. What a revocation list makes wrong is `Zoo.crl`."""
