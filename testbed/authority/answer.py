"""What the service says: a decision, and with a Permit the account."""

from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """The four decisions of XACML. Each face has its own numbers or words for them."""

    PERMIT = "Permit"
    DENY = "Deny"
    NOT_APPLICABLE = "NotApplicable"
    INDETERMINATE = "Indeterminate"


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a Permit. Numbers may be any integer: a broken service sends -1 and 4294967296 as well."""

    user: str
    uid: int
    group: str
    gid: int
    groups: tuple[str, ...] = ()
    """Secondary groups, without the primary one."""
    gids: tuple[int, ...] = ()
    """Their numbers, in the same order."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One decision. ``reason`` is a word for the log, ``message`` the text that a client may be shown."""

    decision: Decision
    account: Account | None = None
    """None: no account goes with this. A Permit with ``mapping`` and no account was left unmapped."""
    mapping: bool = False
    """Whether the rule that decided had the obligation to map (Argus: local-environment-map)."""
    reason: str = ""
    """``rule``, ``banned``, ``no-rule``, ``not-mapped``, ``pool-exhausted``, ``untrusted``, ``broken`` ..."""
    message: str = ""
    cached: bool = False
    """Whether it was remembered and not decided anew."""
