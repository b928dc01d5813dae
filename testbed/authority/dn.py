"""Distinguished names in both of their spellings: RFC 2253 (``CN=Jane,O=Grid``) and OpenSSL's (``/O=Grid/CN=Jane``)."""

import re
from functools import lru_cache

_TYPE = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)"
_SLASHED = re.compile(rf"(?<!\\)/(?={_TYPE}=)")
_AMBIGUOUS = re.compile(rf"/(?={_TYPE}=)")
_PRINTED = re.compile(r"(?:\\x(?:[0189A-F][0-9A-F]|7F))+")
"""Bytes outside printable ASCII as ``X509_NAME_oneline`` prints them."""
_SAME = {
    "e": "emailaddress",
    "email": "emailaddress",
    "1.2.840.113549.1.9.1": "emailaddress",
    "userid": "uid",
    "0.9.2342.19200300.100.1.1": "uid",
    "0.9.2342.19200300.100.1.25": "dc",
    "2.5.4.3": "cn",
    "2.5.4.6": "c",
    "2.5.4.7": "l",
    "2.5.4.8": "st",
    "2.5.4.10": "o",
    "2.5.4.11": "ou",
}


def is_dn(name: str) -> bool:
    """Whether this is a DN and no FQAN: as in Argus' map files, only a DN has ``=`` in its first part."""
    return not name.startswith("/") or "=" in name.split("/", 2)[1]


@lru_cache(maxsize=4096)
def canonical(name: str) -> tuple[str, ...]:
    """What two spellings of one DN have in common, the root first; empty for what is no DN.

    As with Java's X500Principal, which Argus compares, neither case nor the amount of white space matters.

    >>> canonical("CN=Jane  Doe, O=Grid") == canonical("/o=grid/cn=jane doe")
    True
    """
    common = [_part(part) for part in parts(name)]
    return tuple(common) if all(common) else ()


@lru_cache(maxsize=4096)
def slashed(name: str) -> str:
    """A DN in OpenSSL's form, which `Party` has: bytes outside printable ASCII are ``\\xHH``, as in one that was read
    from a certificate. A slash that would begin another part has a backslash before it.

    >>> slashed("CN=Jane Doe,DC=grid,DC=org")
    '/DC=org/DC=grid/CN=Jane Doe'
    """
    if name.startswith("/"):
        return _printed(name)
    return "".join(map(slashed_part, parts(name)))


def slashed_part(part: str) -> str:
    """One relative name ``TYPE=value`` in that form."""
    return "/" + _AMBIGUOUS.sub(r"\/", _printed(part))


@lru_cache(maxsize=1024)
def rfc2253(name: str) -> str:
    r"""A DN in RFC 2253's form.

    >>> rfc2253("/O=Grid/CN=Jane Doe, Dr")
    'CN=Jane Doe\\, Dr,O=Grid'
    """
    if not name.startswith("/"):
        return name
    text = ",".join(_escaped(part) for part in reversed(parts(name)))
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def parts(name: str) -> list[str]:
    """The relative names ``TYPE=value``, the root first, without escape sequences.

    OpenSSL's form does not mark a slash inside a value: one that no ``TYPE=`` follows, or after a backslash, is taken
    for part of the value (``/CN=host/node.example.org``).
    """
    if name.startswith("/"):
        before, *rest = _SLASHED.split(name)
        return [before] if before else [_unprinted(part.replace("\\/", "/")) for part in rest]
    return [_unescaped(part.strip()) for part in reversed(_separated(name))]


def _printed(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02X}" for byte in text.encode("utf-8", "surrogateescape")
    )


def _unprinted(text: str) -> str:
    """Bytes that are no UTF-8 stay what they are, so that no two names become one."""
    return _PRINTED.sub(lambda found: _decoded(bytes.fromhex(found[0].replace("\\x", ""))), text)


def _decoded(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _separated(name: str) -> list[str]:
    """An RFC 2253 name cut at its commas (or, as in RFC 1779, semicolons) that are neither escaped nor in quotes."""
    cut, start, quoted, escaped = [], 0, False, False
    for position, character in enumerate(name):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character in ",;" and not quoted:
            cut.append(name[start:position])
            start = position + 1
    return [*cut, name[start:]]


def _unescaped(part: str) -> str:
    kind, equals, value = part.partition("=")
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    octets = re.sub(
        rb"\\([0-9a-fA-F]{2}|.)",
        lambda match: bytes.fromhex(match[1].decode()) if len(match[1]) == 2 else match[1],
        value.encode("utf-8", "surrogateescape"),
        flags=re.DOTALL,
    )
    return kind.strip() + equals + _decoded(octets)


def _escaped(part: str) -> str:
    kind, _, value = part.partition("=")
    value = re.sub(r'([,+"\\<>;])', r"\\\1", value)
    value = re.sub(r"^([ #])", r"\\\1", value)
    return f"{kind}={value[:-1]}\\ " if len(value) > 1 and value.endswith(" ") else f"{kind}={value}"


def _part(part: str) -> str:
    kind, equals, value = part.partition("=")
    if not equals or not re.fullmatch(_TYPE, kind):
        return ""
    kind = kind.lower()
    return f"{_SAME.get(kind, kind)}={' '.join(value.lower().split())}"
