"""Distinguished names of the test grid, as the grid writes them: ``/DC=org/DC=testbed/O=People/CN=Alice Archer``."""

import hashlib
import re

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

from testbed.credentials import der

_KINDS = {
    "DC": NameOID.DOMAIN_COMPONENT,
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CN": NameOID.COMMON_NAME,
    "emailAddress": NameOID.EMAIL_ADDRESS,
}
_LABELS: dict[ObjectIdentifier, str] = {kind: label for label, kind in _KINDS.items()}


def of_authority() -> x509.Name:
    """The name of the certificate authority."""
    return _name(("CN", "Testbed CA"))


def of_person(common_name: str) -> x509.Name:
    """The name of a person or a robot."""
    return _name(("O", "People"), ("CN", common_name))


def of_host(host: str) -> x509.Name:
    """The name of a host or a service."""
    return _name(("O", "Hosts"), ("CN", host))


def extended(name: x509.Name, common_name: str) -> x509.Name:
    """The name with one more CN at its end: the name of a proxy."""
    return x509.Name([*name, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def one_line(name: x509.Name) -> str:
    """The name as OpenSSL's ``X509_NAME_oneline`` gives it: bytes outside printable ASCII become ``\\xHH``."""
    parts = []
    for attribute in name:
        value = "".join(chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02X}" for byte in _utf8(attribute.value))
        parts.append(f"/{_LABELS.get(attribute.oid, attribute.oid.dotted_string)}={value}")
    return "".join(parts)


def subject_hash(name: x509.Name) -> str:
    """The file name under which OpenSSL >= 1.0 looks for a CA: SHA-1 over the canonical form of the name.

    Canonical (OpenSSL's ``x509_name_canon``): every value a UTF8String, blanks trimmed and collapsed, ASCII letters
    lower-cased, and no SEQUENCE around the whole.
    """
    canonical = b"".join(
        der.tlv(
            der.SET,
            *(
                der.tlv(
                    der.SEQUENCE,
                    der.oid(attribute.oid.dotted_string),
                    der.tlv(der.UTF8_STRING, re.sub(rb"\s+", b" ", _utf8(attribute.value).strip()).lower()),
                )
                for attribute in rdn
            ),
        )
        for rdn in name.rdns
    )
    return _short(hashlib.sha1(canonical, usedforsecurity=False).digest())


def subject_hash_old(name: x509.Name) -> str:
    """The file name under which OpenSSL < 1.0 looked, and some grid programs still may: MD5 over the DER."""
    return _short(hashlib.md5(name.public_bytes(), usedforsecurity=False).digest())


def _name(*parts: tuple[str, str]) -> x509.Name:
    base = (("DC", "org"), ("DC", "testbed"))
    return x509.Name([x509.NameAttribute(_KINDS[label], value) for label, value in (*base, *parts)])


def _utf8(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _short(digest: bytes) -> str:
    return f"{int.from_bytes(digest[:4], 'little'):08x}"
