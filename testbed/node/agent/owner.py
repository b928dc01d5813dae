"""Whose a proxy is: the DN in its certificates, which nobody is believed for."""

import base64
import re
from collections.abc import Iterator

from .log import log

PROXY_CERT_INFO = bytes.fromhex("06082b0601050507010e")
"""The extension that makes a certificate a proxy (RFC 3820), in DER."""
LABELS = {
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.17": "postalCode",
    "2.5.4.42": "GN",
    "1.2.840.113549.1.9.1": "emailAddress",
}
"""OpenSSL's short names for the parts of a DN."""
TYPE = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)"
"""Such a name, or numbers with dots: a slash before one would begin another part."""


def owner_of(pem: str) -> str:
    """The DN of whoever a proxy was made for, as ``/DC=org/CN=Jane Doe``; empty where it cannot be read.

    It stands in the first certificate that is no proxy. Nobody is believed for it: the switch verifies the chain.
    """
    try:
        for text in re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", pem, re.DOTALL):
            certificate = base64.b64decode(text)
            if PROXY_CERT_INFO not in certificate:
                return subject(certificate)
    except (ValueError, IndexError, StopIteration):
        log("a proxy whose owner cannot be read")
    return ""


def subject(certificate: bytes) -> str:
    """The subject of a certificate (DER)."""
    [(_, whole)] = elements(certificate)
    parts = list(elements(next(elements(whole))[1]))
    at = 5 if parts[0][0] == 0xA0 else 4  # a version may stand first; then number, algorithm, issuer, validity
    name = ""
    for _, several in elements(parts[at][1]):
        for _, pair in elements(several):
            (_, kind), (_, value) = elements(pair)
            shown = "".join(chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02X}" for byte in value)
            text = f"{LABELS.get(dotted(kind), dotted(kind))}={shown}"
            name += "/" + re.sub(rf"/(?={TYPE}=)", r"\\/", text)
    return name


def elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements that stand one after the other in DER, each with its tag."""
    while der:
        tag, size, start = der[0], der[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(der[2:start])
        if len(der) < start + size:
            raise ValueError("DER that ends too early")
        yield tag, der[start : start + size]
        der = der[start + size :]


def dotted(identifier: bytes) -> str:
    """An object identifier as numbers with dots."""
    numbers, value = [], 0
    for byte in identifier:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))
