"""Certificates with their keys: of the authority, of hosts, of people."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from testbed.credentials import name as names
from testbed.credentials.key import PrivateKey, PublicKey, pem

SKEW = timedelta(minutes=5)
"""How far a clock may lag behind ours: nothing is valid only from this very moment."""


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when something is valid; whole seconds, time zone UTC."""

    not_before: datetime
    not_after: datetime

    @classmethod
    def lasting(cls, lifetime: timedelta, not_before: datetime | None = None) -> "Validity":
        """Valid for ``lifetime`` from now on (or after ``not_before``), and already valid for clocks that lag."""
        start = not_before or datetime.now(UTC).replace(microsecond=0) - SKEW
        return cls(start, (start + lifetime) if not_before else (start + SKEW + lifetime))


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate together with its private key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def dn(self) -> str:
        """The subject as the grid writes it: ``/DC=org/DC=testbed/O=People/CN=Bob Baker``."""
        return names.one_line(self.certificate.subject)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key alone, without a passphrase."""
        return pem(self.key)


def builder(
    subject: x509.Name, key: PublicKey, issuer: x509.Name, validity: Validity, serial: int | None = None
) -> x509.CertificateBuilder:
    """What every certificate begins with; its serial number is random where none is given."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
    )


def sign(template: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    """The finished certificate, signed with SHA-256."""
    return template.sign(key, hashes.SHA256())


def for_host(template: x509.CertificateBuilder, host: str) -> x509.CertificateBuilder:
    """What makes it a host's certificate: its name, and that it may be server as well as client."""
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return (
        template.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(key_usage(key_encipherment=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    )


def for_person(template: x509.CertificateBuilder) -> x509.CertificateBuilder:
    """What makes it a person's certificate: it proves who somebody is, and signs proxies."""
    return template.add_extension(key_usage(key_encipherment=True), critical=True).add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
    )


def key_usage(*, key_encipherment: bool = False, authority: bool = False) -> x509.KeyUsage:
    """The key usage of an end entity or a proxy (signatures), or of an authority (certificates and CRLs)."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
