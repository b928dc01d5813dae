"""Names in certificates as the grid writes them: ``/DC=org/DC=testbed/CN=Jane Doe``."""

from cryptography import x509

_LABELS = {
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
"""OpenSSL's short names."""


def one_line(name: x509.Name) -> str:
    """The name as OpenSSL's ``X509_NAME_oneline`` gives it: bytes outside printable ASCII become ``\\xHH``."""
    parts = []
    for attribute in name:
        value = attribute.value if isinstance(attribute.value, bytes) else attribute.value.encode()
        text = "".join(chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02X}" for byte in value)
        parts.append(f"/{_LABELS.get(attribute.oid.dotted_string, attribute.oid.dotted_string)}={text}")
    return "".join(parts)
