"""When two distinguished names are the same: in whichever form they are written."""

import re
from functools import lru_cache

from testbed.authority.name import openssl

_TYPE = r"(?:[A-Za-z][A-Za-z0-9.-]*|[0-9]+(?:\.[0-9]+)*)"
_SLASHED = re.compile(rf"(?<!\\)/(?={_TYPE}=)")
_OCTETS = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")
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
    common = [_common(part) for part in parts(name)]
    return tuple(common) if all(common) else ()


def parts(name: str) -> list[str]:
    r"""The relative names ``TYPE=value`` as text, the root first; empty for what is no DN.

    OpenSSL's form does not mark a slash inside a value: one that no ``TYPE=`` follows, or after a backslash, is taken
    for part of the value (``/CN=host/node.example.org``). Octets that it writes as ``\xC5\x81`` are UTF-8.
    """
    try:
        before, *rest = _SLASHED.split(openssl(name))
    except ValueError:
        return []
    return [] if before else [_OCTETS.sub(_text, part.replace("\\/", "/")) for part in rest]


def _text(octets: re.Match[str]) -> str:
    return bytes.fromhex(octets[0].replace("\\x", "")).decode("utf-8", "surrogateescape")


def _common(part: str) -> str:
    kind, _, value = part.partition("=")
    return f"{_SAME.get(kind.lower(), kind.lower())}={' '.join(value.lower().split())}"
