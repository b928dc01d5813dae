"""What the pilot says of a payload, and its final account of it."""

import base64
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

BEAT = 0.5
"""Seconds between two reports of a payload that runs."""
FRESH_BEAT = 0.1
"""The same while there is output that the VO has not seen; short payloads have ended by then."""
LONGEST_WORDS = 2000
MOST_CALLS = 64
MOST_NAMED = 10
"""Characters of a text in the final account; calls of the switch, and processes or paths, that it names."""


@dataclass(slots=True)
class Account:
    """The final account of one payload, as testbed/pilot/account.py reads it; filled in as things happen."""

    taken: float = field(default_factory=time.time)
    started: float = 0.0
    ended: float = 0.0
    calls: list[dict[str, Any]] = field(default_factory=list)
    canary: str = ""
    mended: bool = False
    bypass: str = ""
    ruling: str = ""
    renewals: int = 0
    renewal: str = ""
    files: int = 0
    bytes: int = 0
    left_out: str = ""
    processes: int = 0
    remaining: str = ""
    leftovers: int = 0
    left: str = ""
    machine: str = ""

    def json(self) -> dict[str, Any]:
        """As the VO reads it."""
        said = asdict(self)
        return {key: text[:LONGEST_WORDS] if isinstance(text, str) else text for key, text in said.items()}


@dataclass(frozen=True, slots=True)
class Report:
    """What the pilot says of a payload: always all that it knows."""

    payload: str
    pilot: str
    state: str = "taken"
    code: int | None = None
    separated: bool = False
    bypassed: bool = False
    identity: Mapping[str, Any] | None = None
    out: bytes = b""
    err: bytes = b""
    why: str = ""
    failure: str = ""
    """The class of the last call of the switch that ran nothing."""
    canary: str = ""
    account: Account | None = None
    outputs: bytes = b""

    def json(self) -> dict[str, Any]:
        """As the VO reads it."""
        return {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            "out": base64.b64encode(self.out).decode(),
            "err": base64.b64encode(self.err).decode(),
            "account": self.account.json() if self.account else None,
            "outputs": base64.b64encode(self.outputs).decode(),
        }
