"""What every face is: bytes of a request to a question, an answer to bytes of a response."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from testbed.authority.answer import Answer
from testbed.authority.party import Party
from testbed.authority.question import Question


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request."""

    method: str
    path: str
    """Without the query."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    asker: Party | None = None
    """Who made the TLS connection."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)


class Untrusted(Exception):
    """A certificate chain that is not believed: why."""


class Unreadable(Exception):
    """A request that is no question of this face: why, in words. The face says what it answers to that."""


Verify = Callable[[Sequence[bytes]], Party]
"""Checks a chain (DER, the one presented first): trust anchors, CRLs, proxies, VOMS. Raises `Untrusted`."""


class Face(Protocol):
    """One protocol. Faces keep nothing between requests, and know neither sockets nor faults."""

    @property
    def name(self) -> str:
        """As in `Question.face`."""

    def question(self, call: Call, verify: Verify) -> Question:
        """The question of a request. Raises `Unreadable` for what is none, `Untrusted` for a chain not believed."""

    def reply(self, question: Question, answer: Answer, twist: str = "") -> Reply:
        """The response. ``twist`` names a way to get it wrong, one of `twists`."""

    def apology(self, call: Call, error: Exception) -> Reply:
        """The response where no question can be answered: `Unreadable`, `Untrusted`, the service's own failure."""

    @property
    def twists(self) -> Sequence[str]:
        """The names that `reply` knows."""


@runtime_checkable
class Batch(Face, Protocol):
    """A face whose requests may hold several questions."""

    def parts(self, call: Call) -> Sequence[Call]:
        """The request as requests of one question each. Raises `Unreadable`."""

    def enough(self, call: Call, reply: Reply) -> bool:
        """Whether no more of the parts are to be answered after this reply."""

    def joined(self, call: Call, replies: Sequence[Reply]) -> Reply:
        """The response made of those of the parts that were answered, in their order."""
