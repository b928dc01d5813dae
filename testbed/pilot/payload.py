"""A user's payload and what its pilot reports of it, as values that travel as JSON."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from testbed.model.failure import Failure
from testbed.model.problem import Problem, shown
from testbed.pilot import outputs, sandbox
from testbed.pilot.account import Account
from testbed.pilot.needs import Needs, known_keys, number, word, words

LONGEST = 3600.0
"""Seconds: the longest time limit that a payload, a pilot or a wait may have."""
LARGEST_COMMAND = 128 * 1024
"""Bytes of all words together: more than one word of this size no kernel takes (MAX_ARG_STRLEN, execve(2))."""
LARGEST_STREAM = 1 << 20
"""Bytes of a payload's input, and of each of its outputs that a pilot keeps."""
LONGEST_REASON = 2000
"""Characters of what a pilot says of an end; the rest is cut off."""
NAMESPACES = ("user", "mnt", "pid", "ipc")
"""The kinds of namespaces that a pilot tells of."""
_NUMBER = re.compile(r"\[[0-9]{1,20}\]")
HIGHEST_CODE = 255
HIGHEST_UID = (1 << 32) - 2
"""The one above is no account, but the word for none (``(uid_t) -1``)."""
MOST_ATTEMPTS = 10
HIGHEST = 1000
"""Priorities are from -1000 to 1000, the highest first."""


class State(StrEnum):
    """Where a payload stands."""

    QUEUED = "queued"
    TAKEN = "taken"
    """A pilot has it and has not yet said that it started."""
    STARTED = "started"
    ENDED = "ended"
    RETURNED = "returned"
    """Given back without having run, and not to be handed out again."""
    LOST = "lost"
    HUNG = "hung"
    CANCELLED = "cancelled"
    """Taken back by its owner before a pilot had it."""

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return not NEXT[self]


NEXT: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.TAKEN}),
    State.TAKEN: frozenset({State.STARTED, State.ENDED, State.RETURNED, State.LOST, State.HUNG}),
    State.STARTED: frozenset({State.STARTED, State.ENDED, State.LOST, State.HUNG}),
    State.ENDED: frozenset(),
    State.RETURNED: frozenset(),
    State.LOST: frozenset(),
    State.HUNG: frozenset(),
    State.CANCELLED: frozenset(),
}
"""What a pilot may say after what; the queue itself also puts a payload back to `QUEUED`. A started payload may say so
again, with more of its output; a short one has ended before."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What one user wants to be run.

    ``user`` is the name of a credential (``alice-production``), ``argv`` begins with an absolute path or a word that
    the worker node's shell finds, ``limit`` is in seconds from the start of the payload. Only pilots of the same
    ``slot`` take it.
    """

    user: str
    argv: tuple[str, ...]
    stdin: bytes = b""
    limit: float = 30.0
    slot: str = ""
    vo: str = ""
    """As the user's proxy says; empty: whatever that says."""
    roles: tuple[str, ...] = ()
    """That the user's proxy has to have: ``production``."""
    priority: int = 0
    needs: Needs = field(default_factory=Needs)
    attempts: int = 1
    """How often it may be handed out: more than once only where running it a second time does no harm."""
    sandbox: bytes = field(default=b"", repr=False)
    """A tar of files that it finds where it starts."""
    outputs: tuple[str, ...] = ()
    """Names and globs of what it leaves where it starts, which its owner wants to have: ``result-*.txt``."""

    def json(self) -> dict[str, Any]:
        """The payload as JSON data."""
        return {
            "user": self.user,
            "argv": list(self.argv),
            "stdin": encode(self.stdin),
            "limit": self.limit,
            "slot": self.slot,
            "vo": self.vo,
            "roles": list(self.roles),
            "priority": self.priority,
            "needs": self.needs.json(),
            "attempts": self.attempts,
            "sandbox": encode(self.sandbox),
            "outputs": list(self.outputs),
        }

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Payload":
        """The payload of JSON data; a `Problem` names what is wrong with it."""
        with_types(data, user=str, argv=list)
        known_keys(data, "a payload", tuple(each.name for each in fields(cls)))
        argv = data["argv"]
        if not argv or not argv[0] or not all(isinstance(part, str) and "\0" not in part for part in argv):
            raise Problem("a payload needs a command", found=shown(argv), expected="a list of words without NUL")
        try:
            size = sum(len(part.encode()) + 1 for part in argv)
        except UnicodeEncodeError as error:
            raise Problem("a command that is no text", cause=str(error)) from None
        if size > LARGEST_COMMAND:
            raise Problem("a command that is too long", found=f"{size} bytes", expected=f"at most {LARGEST_COMMAND}")
        return cls(
            word(data["user"], "a user"),
            tuple(argv),
            _stream(data.get("stdin", ""), "an input"),
            seconds(data.get("limit", 30.0)),
            word(data.get("slot", ""), "a slot"),
            word(data.get("vo", ""), "a VO"),
            words(data.get("roles", []), "roles", "a role"),
            number(data.get("priority", 0), "a priority", HIGHEST, -HIGHEST),
            Needs.parse(data.get("needs", {})),
            number(data.get("attempts", 1), "the number of attempts", MOST_ATTEMPTS, 1),
            sandbox.checked(decode(data.get("sandbox", ""), "a sandbox")),
            outputs.wanted(data.get("outputs", [])),
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a payload was when it started, in the words of the kernel that ran it."""

    uid: int
    user: str
    host: str
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """Its namespaces by kind, as the kernel numbers them: ``{"pid": "[4026532207]"}``; where they count only."""
    pilots_namespaces: Mapping[str, str] = field(default_factory=dict)

    @property
    def apart(self) -> frozenset[str]:
        """The kinds of namespaces in which it is not where its pilot is."""
        its, ours = self.namespaces, self.pilots_namespaces
        return frozenset(kind for kind in its if kind in ours and its[kind] != ours[kind])

    def json(self) -> dict[str, Any]:
        """The identity as JSON data."""
        said: dict[str, Any] = {"uid": self.uid, "user": self.user, "host": self.host}
        if self.namespaces:
            said |= {"namespaces": dict(self.namespaces), "pilots_namespaces": dict(self.pilots_namespaces)}
        return said

    @classmethod
    def parse(cls, data: object) -> "Identity":
        """The identity of JSON data."""
        with_types(data, uid=int, user=str, host=str)
        assert isinstance(data, Mapping)
        return cls(
            number(data["uid"], "a uid", HIGHEST_UID),
            word(data["user"], "an account"),
            word(data["host"], "a host"),
            _namespaces(data.get("namespaces", {})),
            _namespaces(data.get("pilots_namespaces", {})),
        )


def _namespaces(data: object) -> Mapping[str, str]:
    """The numbers of namespaces, by kind."""
    found = data if isinstance(data, Mapping) else {None: None}
    if not all(kind in NAMESPACES and _NUMBER.fullmatch(str(number)) for kind, number in found.items()):
        expected = f"of {', '.join(NAMESPACES)}, each a number in brackets"
        raise Problem("namespaces that make no sense", found=shown(data), expected=expected)
    return {str(kind): str(number) for kind, number in found.items()}


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a payload. Its pilot reports the whole of it each time.

    ``code`` is what the switch or, once started, the payload ended with; ``separated`` is the pilot's claim, never a
    proof; ``bypassed`` says that the pilot ran it itself since the switch had failed; ``why`` is a sentence.
    ``failure`` is the class of the switch's last word (`testbed.model.failure.Failure`), ``canary`` how the harmless
    call after an ambiguous one went. ``account`` and ``outputs``, a tar, come with the last report.
    """

    payload: str
    state: State
    pilot: str = ""
    code: int | None = None
    separated: bool = False
    bypassed: bool = False
    identity: Identity | None = None
    out: bytes = field(default=b"", repr=False)
    err: bytes = field(default=b"", repr=False)
    why: str = ""
    failure: str = ""
    canary: str = ""
    account: Account | None = None
    outputs: bytes = field(default=b"", repr=False)

    def json(self) -> dict[str, Any]:
        """The report as JSON data."""
        who = self.identity
        return {
            "payload": self.payload,
            "state": str(self.state),
            "pilot": self.pilot,
            "code": self.code,
            "separated": self.separated,
            "bypassed": self.bypassed,
            "identity": who.json() if who else None,
            "out": encode(self.out),
            "err": encode(self.err),
            "why": self.why,
            "failure": self.failure,
            "canary": self.canary,
            "account": self.account.json() if self.account else None,
            "outputs": encode(self.outputs),
        }

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Report":
        """The report of JSON data; a `Problem` names what is wrong with it."""
        with_types(data, payload=str, pilot=str, state=str, separated=bool, bypassed=bool, why=str)
        if data["state"] not in list(State):
            raise Problem("no such state of a payload", found=shown(data["state"]), expected=", ".join(State))
        if data["separated"] and data["bypassed"]:
            raise Problem("a payload was run by the switch or by its pilot", found="separated and bypassed")
        code, who = data.get("code"), data.get("identity")
        return cls(
            data["payload"],
            State(data["state"]),
            word(data["pilot"], "a pilot"),
            None if code is None else number(code, "an exit code", HIGHEST_CODE),
            data["separated"],
            data["bypassed"],
            None if who is None else Identity.parse(who),
            _stream(data.get("out", ""), "an output"),
            _stream(data.get("err", ""), "an output"),
            data["why"][:LONGEST_REASON],
            a_failure(data.get("failure", "")),
            word(data.get("canary", ""), "a canary's end"),
            Account.parse(data["account"]) if data.get("account") else None,
            outputs.checked(decode(data.get("outputs", ""), "what it left")),
        )


def a_failure(value: object) -> str:
    """The name of a class of failures, or nothing."""
    if value == "" or (isinstance(value, str) and value in list(Failure)):
        return str(value)
    raise Problem("no such class of failures", found=repr(value)[:80], expected=", ".join(Failure))


def _stream(text: object, what: str) -> bytes:
    """What goes into a payload, or comes out of it."""
    data = decode(text, what)
    if len(data) > LARGEST_STREAM:
        raise Problem(f"{what} that is too large", found=f"{len(data)} bytes", expected=f"at most {LARGEST_STREAM}")
    return data


def encode(data: bytes) -> str:
    """Bytes as JSON can carry them: base64."""
    return base64.b64encode(data).decode("ascii")


def decode(text: object, what: str = "data") -> bytes:
    """The bytes that `encode` made text of; ``what`` they are, for whoever has to mend them."""
    if not isinstance(text, str):
        raise Problem(f"{what} travels as base64", found=shown(text))
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Problem(f"{what} travels as base64", found=shown(text), cause=str(error)) from None


def seconds(value: object) -> float:
    """A time limit: a number of seconds above zero, never endless."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LONGEST:
        return float(value)
    raise Problem("a time limit is a number of seconds", found=shown(value), expected=f"above 0, at most {LONGEST:g}")


def with_types(data: object, **types: type) -> None:
    """Make sure that JSON data is an object that has these keys, each of its type."""
    if not isinstance(data, Mapping):
        raise Problem("JSON data of another shape", found=shown(data), expected="an object")
    for key, kind in types.items():
        if type(data.get(key)) is not kind:
            raise Problem(f"JSON data of another shape: {key}", found=shown(data.get(key)), expected=kind.__name__)
