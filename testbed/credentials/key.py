"""Key pairs of the test grid: elliptic where every reader takes them, RSA where one of them does not."""

from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class KeyKind(StrEnum):
    """What a key is made of. A P-256 key takes 0.1 ms to make, an RSA key 75 ms (one core, seen)."""

    EC = "ec"
    RSA = "rsa"


def make_key(kind: KeyKind) -> PrivateKey:
    """A new key: P-256, or RSA with 2048 bits as `grid-proxy-init` makes them."""
    if kind is KeyKind.EC:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: PrivateKey) -> bytes:
    """The key without a passphrase in OpenSSL's traditional form, which grid programs of every age read."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
