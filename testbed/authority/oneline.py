"""Names in certificates as the grid writes them: ``/DC=org/DC=testbed/CN=Jane Doe``."""

from cryptography import x509

from testbed.authority.dn import slashed_part

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
    r"""The name in OpenSSL's form, as `dn.slashed` has it: ``\xHH`` stands for a byte outside printable ASCII, and
    ``\/`` for a slash that would begin another part, which ``X509_NAME_oneline`` does not mark.
    """
    parts = []
    for attribute in name:
        value = attribute.value
        text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        parts.append(slashed_part(f"{_LABELS.get(attribute.oid.dotted_string, attribute.oid.dotted_string)}={text}"))
    return "".join(parts)
