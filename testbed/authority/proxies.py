"""Which certificates of a chain are proxies, of RFC 3820 and of the kinds before it, and whether the old ones hold."""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID, ObjectIdentifier

from testbed.authority.face import Untrusted

_RFC = ObjectIdentifier("1.3.6.1.5.5.7.1.14")
_DRAFT = ObjectIdentifier("1.3.6.1.4.1.3536.1.222")
"""Globus' own, before the RFC."""
_LEGACY = ("proxy", "limited proxy")
"""The last CN of proxies that have no extension at all."""


def is_rfc(certificate: x509.Certificate) -> bool:
    """Whether OpenSSL knows it for a proxy."""
    return _has(certificate, _RFC)


def is_old(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether it is a proxy of a kind that OpenSSL does not know, issued in the name of this issuer."""
    own, above = list(certificate.subject), list(issuer.subject)
    if is_rfc(certificate) or own[:-1] != above or certificate.issuer != issuer.subject or not own:
        return False
    last = own[-1]
    return last.oid == NameOID.COMMON_NAME and (last.value in _LEGACY or _has(certificate, _DRAFT))


def check_old(certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> None:
    """What OpenSSL checks of proxies, for one that it does not know. Raises `Untrusted`."""
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Untrusted("a proxy of the old kind is not valid now")
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise Untrusted("a proxy of the old kind is not signed by who it says") from error
    if is_authority(issuer):
        raise Untrusted("an authority has no proxies")


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue certificates."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _has(certificate: x509.Certificate, oid: ObjectIdentifier) -> bool:
    return any(extension.oid == oid for extension in certificate.extensions)
