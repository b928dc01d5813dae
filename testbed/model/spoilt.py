"""Credentials that something is wrong with: where each is stopped, and what a pilot with a payload of it does.

None of them is an internal error but the list that is too old: of nothing else here question 4 is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from testbed.model.effect import Cause
from testbed.model.failure import Failure, class_of


class Door(StrEnum):
    """What the VO says to a proxy with this wrong with it, when it is handed in."""

    REFUSED = "refused"
    TAKEN = "taken"
    UNSEEN = "not to be seen"
    """It comes about on the node, or at the site."""


class Queue(StrEnum):
    """What the queue does with a payload whose proxy has become so while it waited."""

    WAITS = "waits"
    """Is handed out to nobody until there is a better one; its history says so."""
    HANDED_OUT = "handed out"
    NEVER = "cannot be"
    """It does not come about by waiting, or not where the VO could see it."""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """One way to be wrong. ``cause`` is what the switch says to it; ``None``: the payload runs."""

    name: str
    door: Door
    queue: Queue
    code: int
    cause: Cause | None
    source: str

    @property
    def failure(self) -> Failure:
        """What the pilot takes it for."""
        return class_of(self.cause) if self.cause else Failure.PAYLOAD

    @property
    def mendable(self) -> bool:
        """Whether the pilot asks the VO for the proxy anew, and calls once more."""
        return self.failure is Failure.MISUSED

    @property
    def then(self) -> tuple[str, str, str]:
        """What becomes of the payload under the answers no, depends and yes to question 4, as the catalogue says it."""
        if self.cause is None:
            return "runs", "runs", "runs"
        return ("R", "rule", "B") if self.failure is Failure.INTERNAL else ("x", "x", "x")


UNUSABLE = Cause("caller", "credential-unusable")
REFUSED = Cause("denied", "credential-refused")
NOT_MAPPED = Cause("denied", "not-mapped")
_WIKI = "Nikhef wiki, Exit codes of gLExec"
_VERIFY = "LCMAPS' verify-proxy (observed)"
_NO_FQAN = "LCMAPS goes on without attributes that do not verify (observed), and the site demands some"
_GOES_BAD = (Door.REFUSED, Queue.NEVER)

_ALL = (
    Spoilt("readable by others", Door.UNSEEN, Queue.NEVER, 201, UNUSABLE, f"{_WIKI}: wrong mode"),
    Spoilt("a symbolic link", Door.UNSEEN, Queue.NEVER, 201, UNUSABLE, "our choice"),
    Spoilt("not there", Door.UNSEEN, Queue.NEVER, 201, UNUSABLE, f"{_WIKI}: no proxy"),
    Spoilt("empty", *_GOES_BAD, 201, UNUSABLE, "our choice"),
    Spoilt("truncated", *_GOES_BAD, 201, UNUSABLE, "our choice"),
    Spoilt("no key", *_GOES_BAD, 201, UNUSABLE, f"{_WIKI}: omission_private_key_white_list"),
    Spoilt(
        "expired",
        Door.REFUSED,
        Queue.WAITS,
        203,
        Cause("caller", "credential-expired"),
        "OSG's real log has 203; the cause says whose turn it is (our choice)",
    ),
    Spoilt("not yet valid", *_GOES_BAD, 203, REFUSED, _VERIFY),
    Spoilt("unknown authority, same name", *_GOES_BAD, 203, REFUSED, _VERIFY),
    Spoilt("wrong key", *_GOES_BAD, 203, REFUSED, _VERIFY),
    Spoilt("no attributes", *_GOES_BAD, 203, NOT_MAPPED, _NO_FQAN),
    Spoilt("expired attributes", Door.REFUSED, Queue.WAITS, 203, NOT_MAPPED, _NO_FQAN),
    Spoilt("attributes of another", *_GOES_BAD, 203, NOT_MAPPED, _NO_FQAN),
    Spoilt("limited", Door.TAKEN, Queue.HANDED_OUT, 0, None, "verify-proxy takes one by default (observed)"),
    Spoilt("limited, at a site that takes none", Door.TAKEN, Queue.HANDED_OUT, 203, REFUSED, _VERIFY),
    Spoilt("revoked", Door.REFUSED, Queue.WAITS, 203, REFUSED, f"{_VERIFY}; SVG-2015-8580: some pilots never looked"),
    Spoilt("banned at the site", Door.UNSEEN, Queue.NEVER, 203, Cause("denied", "banned"), f"{_WIKI}: user banned"),
    Spoilt("an authority that the site has dropped", Door.UNSEEN, Queue.NEVER, 203, REFUSED, _VERIFY),
    Spoilt("a VO that the site has dropped", Door.UNSEEN, Queue.NEVER, 203, NOT_MAPPED, _NO_FQAN),
    Spoilt(
        "a list of revocation that is too old",
        Door.UNSEEN,
        Queue.NEVER,
        203,
        Cause("unavailable", "crl-expired"),
        "fetch-crl has not run: nothing that the user has done (our choice)",
    ),
)

SPOILT: Mapping[str, Spoilt] = {each.name: each for each in _ALL}
"""Every way, by its name; those that the zoo has too have its names (`testbed.credentials.zoo`)."""
