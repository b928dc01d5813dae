"""What a host of the authority shows when it is told to be unbelievable: certificates that no client may accept."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from cryptography import x509

from testbed.credentials import name as names
from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Identity, Validity, builder, for_host, sign
from testbed.credentials.key import KeyKind, make_key

CONTROL = "services/token"
"""Where the grid has the token of the control ports of all its services."""
ANOTHER = "another.example.org"
"""The name in the certificate with the wrong name."""
_HOUR = timedelta(hours=1)


def token() -> bytes:
    """A new token, good for an HTTP header."""
    return secrets.token_urlsafe(32).encode()


class Unbelievable:
    """Certificates by the words of the TLS faults, ``tls-`` left out. ``other`` is an authority that nobody trusts."""

    def __init__(self, authority: Authority) -> None:
        other = Authority.new(KeyKind.EC)
        now = Validity.lasting(_HOUR).not_before
        past, future = Validity(now - 2 * _HOUR, now - _HOUR), Validity(now + 24 * _HOUR, now + 48 * _HOUR)
        self._made: dict[str, Callable[[str], tuple[Identity, Identity | None]]] = {
            "expired": lambda host: (authority.host(host, validity=past), authority.identity),
            "not-yet-valid": lambda host: (authority.host(host, validity=future), authority.identity),
            "wrong-name": lambda _: (authority.host(ANOTHER), authority.identity),
            "unknown-ca": lambda host: (other.host(host), other.identity),
            "self-signed": lambda host: (_self_signed(host), None),
        }

    def pems(self, host: str) -> dict[str, bytes]:
        """For each word the host's certificate, its key, and who issued it, in one PEM."""
        return {word: _pem(*make(host)) for word, make in self._made.items()}


def _pem(identity: Identity, issuer: Identity | None) -> bytes:
    return identity.certificate_pem + identity.key_pem + (issuer.certificate_pem if issuer else b"")


def _self_signed(host: str) -> Identity:
    key, subject = make_key(KeyKind.EC), names.of_host(host)
    template = builder(subject, key.public_key(), subject, Validity.lasting(24 * _HOUR)).add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    return Identity(sign(for_host(template, host), key), key)
