"""Distinguished names in the two forms that requests and policies write: OpenSSL's and RFC 2253's."""

import re

_ALIASES = {"E": "emailAddress", "EMAIL": "emailAddress", "EMAILADDRESS": "emailAddress", "USERID": "UID"}
_PART = re.compile(r"\s*([A-Za-z][A-Za-z0-9.-]*|[0-9]+(?:\.[0-9]+)+)\s*=\s*")
_START = re.compile(r"/(?=(?:[A-Za-z][A-Za-z0-9.-]*|[0-9]+(?:\.[0-9]+)+)=)")


def openssl(name: str) -> str:
    """A name in OpenSSL's form; one that is in it already stays as it is. Raises `ValueError` for what is no name.

    >>> openssl("CN=Jane Doe,O=Grid")
    '/O=Grid/CN=Jane Doe'
    """
    if name.startswith("/"):
        return name
    parts, at = [], 0
    while True:
        begin = _PART.match(name, at)
        if not begin:
            raise ValueError(f"{name[:200]!r} is no distinguished name")
        value, at = _value(name, begin.end())
        label = _ALIASES.get(begin[1].upper(), begin[1] if begin[1].lower() == "emailaddress" else begin[1].upper())
        parts.append(f"{label}={value}")
        if at == len(name):
            return "".join(f"/{part}" for part in reversed(parts))
        at += 1


def rfc2253(name: str) -> str:
    """A name in RFC 2253's form, as Argus writes it; one that is in it already stays as it is.

    >>> rfc2253("/O=Grid/CN=Doe, Jane")
    'CN=Doe\\\\, Jane,O=Grid'
    """
    if not name.startswith("/"):
        return name
    parts = [part.partition("=") for part in _START.split(name) if part]
    return ",".join(f"{label}={_escaped(value)}" for label, _, value in reversed(parts))


def _value(name: str, at: int) -> tuple[str, int]:
    """One value and where it ends, escapes undone; bytes outside printable ASCII as OpenSSL prints them."""
    end = re.compile(r'"(?:[^"\\]|\\.)*"\s*(?=[,;]|$)|(?:[^,;\\"]|\\.)*', re.DOTALL).match(name, at)
    assert end
    if end.end() < len(name) and name[end.end()] not in ",;":
        raise ValueError(f"{name[:200]!r} is no distinguished name")
    raw = end[0].strip()
    quoted = raw.startswith('"')
    text = raw[1:-1] if quoted else raw
    plain = re.sub(
        rb"\\([0-9A-Fa-f]{2})|\\(.)",
        lambda found: bytes.fromhex(found[1].decode()) if found[1] else found[2],
        text.encode(),
        flags=re.DOTALL,
    )
    return "".join(chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02X}" for byte in plain), end.end()


def _escaped(value: str) -> str:
    raw = re.sub(r"((?:\\x[0-9A-F]{2})+)", _characters, value)
    return re.sub(r'([,+"\\<>;])', r"\\\1", raw)


def _characters(found: re.Match[str]) -> str:
    return bytes.fromhex(found[1].replace("\\x", "")).decode(errors="replace")
