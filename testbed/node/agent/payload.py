"""One user's payload, as the VO hands it out."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .orders import LONGEST_LIMIT
from .problems import VoProblem

IDENT = re.compile(r"payload-[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Payload:
    """One user's payload as the VO hands it out. The VO's word is all there is for ``vo`` and ``fqans``."""

    ident: str
    user: str
    argv: list[str]
    stdin: bytes
    limit: float
    proxy: str
    until: float
    """When the proxy ends, in seconds since 1970."""
    sandbox: bytes
    outputs: list[str]
    vo: str
    fqans: list[str]

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Payload":
        """The payload in an answer of the VO: what becomes a path, a line of a log or a command is looked at first."""
        try:
            payload = cls(
                str(data["id"]),
                str(data["user"]),
                [str(word) for word in data["argv"]],
                base64.b64decode(data["stdin"]),
                float(data["limit"]),
                str(data["proxy"]),
                float(data.get("proxy_until", 0.0)),
                base64.b64decode(data.get("sandbox", "")),
                [str(name) for name in data.get("outputs", ())],
                str(data.get("vo", "")),
                [str(fqan) for fqan in data.get("fqans", ())],
            )
            words = "".join((payload.proxy, *payload.argv, *payload.outputs, payload.vo, *payload.fqans))
            words.encode()
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise VoProblem(f"a payload that cannot be read: {type(error).__name__} {error}") from None
        named = IDENT.fullmatch(payload.ident) and payload.user.isprintable()
        if not named or "\0" in words or not payload.argv or not 0 < payload.limit <= LONGEST_LIMIT:
            raise VoProblem(f"a payload that makes no sense: {payload.ident[:80]!r}")
        return payload
