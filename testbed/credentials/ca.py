"""The certificate authority of one run, and the folder in which relying parties keep what they trust."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from testbed.credentials import name as names
from testbed.credentials.certificate import (
    SKEW,
    Identity,
    Validity,
    builder,
    for_host,
    for_person,
    key_usage,
    sign,
)
from testbed.credentials.key import KeyKind, make_key

AUTHORITY_LIFETIME = timedelta(days=30)
ENTITY_LIFETIME = timedelta(days=14)
"""Of hosts, people and revocation lists: longer than any run, shorter than the authority."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A self-signed certificate authority that issues everything in the test grid."""

    identity: Identity

    @classmethod
    def new(cls, kind: KeyKind = KeyKind.RSA) -> "Authority":
        """A new authority; its key is RSA, which no reader of its signatures refuses."""
        key, subject = make_key(kind), names.of_authority()
        start = datetime.now(UTC).replace(microsecond=0) - 2 * SKEW
        template = (
            builder(subject, key.public_key(), subject, Validity.lasting(AUTHORITY_LIFETIME, start))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(key_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        return cls(Identity(sign(template, key), key))

    def host(self, host: str, kind: KeyKind = KeyKind.EC, validity: Validity | None = None) -> Identity:
        """A host or a service, known by this DNS name."""
        return self._issue(names.of_host(host), kind, host, validity)

    def person(self, common_name: str, kind: KeyKind = KeyKind.EC) -> Identity:
        """A person or a robot."""
        return self._issue(names.of_person(common_name), kind)

    def crl(self, revoked: Iterable[int] = (), validity: Validity | None = None) -> bytes:
        """The revocation list in PEM: the serial numbers of certificates that are good no longer."""
        validity = validity or Validity.lasting(ENTITY_LIFETIME)
        certificate = self.identity.certificate
        template = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(certificate.subject)
            .last_update(validity.not_before)
            .next_update(validity.not_after)
            .add_extension(_key_identifier(certificate), critical=False)
            .add_extension(x509.CRLNumber(int(validity.not_before.timestamp())), critical=False)
        )
        for serial in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(validity.not_before)
            template = template.add_revoked_certificate(entry.build())
        return template.sign(self.identity.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def folder(self, crl: bytes | None = None) -> dict[str, bytes]:
        """The files of ``/etc/grid-security/certificates``: CA, revocation list and signing policy, by both hashes."""
        subject = self.identity.certificate.subject
        crl = crl or self.crl()
        files = {}
        for digest in (names.subject_hash(subject), names.subject_hash_old(subject)):
            files[f"{digest}.0"] = self.identity.certificate_pem
            files[f"{digest}.r0"] = crl
            files[f"{digest}.signing_policy"] = self.signing_policy()
        return files

    def signing_policy(self) -> bytes:
        """Which names this authority may sign, in the form that Globus reads."""
        return (
            f"access_id_CA  X509    '{self.identity.dn}'\n"
            "pos_rights    globus  CA:sign\n"
            "cond_subjects globus  '\"/DC=org/DC=testbed/*\"'\n"
        ).encode()

    def _issue(self, subject: x509.Name, kind: KeyKind, host: str = "", validity: Validity | None = None) -> Identity:
        key = make_key(kind)
        issuer = self.identity.certificate
        template = (
            builder(subject, key.public_key(), issuer.subject, validity or Validity.lasting(ENTITY_LIFETIME))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_key_identifier(issuer), critical=False)
        )
        template = for_host(template, host) if host else for_person(template)
        return Identity(sign(template, self.identity.key), key)


def _key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    subject = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject)
