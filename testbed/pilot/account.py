"""The final account that a pilot gives of a payload: what it did, what it saw, what it could not take away."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from testbed.model.failure import Failure
from testbed.model.problem import Problem, shown
from testbed.pilot.needs import known_keys

MOST_CALLS = 64
"""Calls of the switch that an account tells of."""
LONGEST = 2000
"""Characters of one text in it."""
LARGEST = 1 << 53
"""What no count, moment or time in it reaches: beyond it a number cannot be reckoned with any more."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the switch for the payload: its code (none: it never ended), its class, its cause where told."""

    code: int | None
    failure: str
    """``payload`` when the payload started."""
    cause: str
    seconds: float

    def __str__(self) -> str:
        if self.failure == Failure.PAYLOAD:
            return "the payload started"
        ending = "no end" if self.code is None else f"code {self.code}"
        return f"{self.failure}, {ending}{f', {self.cause}' if self.cause else ''}"


@dataclass(frozen=True, slots=True)
class Account:
    """What one pilot did for one payload. Moments are in seconds since 1970 on the worker node's clock, 0: never."""

    taken: float = 0.0
    started: float = 0.0
    ended: float = 0.0
    calls: tuple[Call, ...] = ()
    canary: str = ""
    """How the harmless call went, where one was made: passed, failed, denied."""
    mended: bool = False
    """Whether the pilot mended its own call and called again."""
    bypass: str = ""
    """Why the pilot ran the payload itself; empty where it did not."""
    ruling: str = ""
    """Why it did not, where the switch had failed."""
    renewals: int = 0
    """Proxies that were brought to the running payload."""
    renewal: str = ""
    """Why one could not be."""
    files: int = 0
    """Brought back, of what the payload left under its list of outputs."""
    bytes: int = 0
    left_out: str = ""
    """What was not brought back, and why."""
    processes: int = 0
    """Ended by the pilot beyond the payload itself."""
    remaining: str = ""
    """Processes that could not be ended: which, why, and who could."""
    leftovers: int = 0
    """Files and folders of the payload's that could not be removed; -1: nobody knows how many."""
    left: str = ""
    """Where they are, and why."""
    machine: str = ""
    """The virtual machine that it ran in: how it was started, by which accelerator, and what it failed of."""

    @property
    def retries(self) -> int:
        """Calls for the payload beyond the first."""
        return max(len(self.calls) - 1, 0)

    @property
    def seconds(self) -> float:
        """From when the payload was taken until the pilot was done with it."""
        return round(self.ended - self.taken, 3) if self.ended else 0.0

    def json(self) -> dict[str, Any]:
        """As JSON data."""
        return {**asdict(self), "calls": [asdict(call) for call in self.calls]}

    @classmethod
    def parse(cls, data: object) -> "Account":
        """The account of JSON data; a `Problem` names what is wrong with it."""
        _shaped(data, "an account", cls)
        assert isinstance(data, Mapping)
        calls = data.get("calls", [])
        if not isinstance(calls, Sequence) or isinstance(calls, str) or len(calls) > MOST_CALLS:
            raise Problem("an account tells its calls in a list", found=shown(calls), expected=f"{MOST_CALLS} calls")
        for call in calls:
            _shaped(call, "a call", Call)
            if lacking := {each.name for each in fields(Call)} - set(call):
                raise Problem("a call is told in full", found=shown(call), expected=", ".join(sorted(lacking)))
        return cls(**{**data, "calls": tuple(Call(**call) for call in calls)})

    def lines(self) -> Iterator[str]:
        """For people: what is not as usual, and how long it took."""
        yield f"took {self.seconds:g} s" + (
            f"; calls of the switch: {'; '.join(map(str, self.calls))}" if self.calls else ""
        )
        sentences = {
            f"its machine: {self.machine}": self.machine,
            f"the canary {self.canary}": self.canary,
            "the pilot mended its own call": self.mended,
            f"by-pass: {self.bypass}": self.bypass,
            f"not run by the pilot itself: {self.ruling}": self.ruling,
            f"renewed proxies brought: {self.renewals}": self.renewals,
            f"a proxy was not renewed: {self.renewal}": self.renewal,
            f"brought back: {_files(self.files)}, {self.bytes} bytes of tar": self.files,
            f"not brought back: {self.left_out}": self.left_out,
            f"{self.processes} left-over processes ended": self.processes,
            f"NOT ended: {self.remaining}": self.remaining,
            f"NOT removed: {self._left()}": self.leftovers or self.left,
        }
        yield from (words for words, there in sentences.items() if there)

    def _left(self) -> str:
        return f"{'nobody knows how many files' if self.leftovers < 0 else _files(self.leftovers)}; {self.left}"


def _files(many: int) -> str:
    return f"{many} file{'' if many == 1 else 's'}"


_KINDS: Mapping[str, tuple[type, ...]] = {
    "calls": (list, tuple),
    "code": (int, type(None)),
    **dict.fromkeys(("taken", "started", "ended", "seconds"), (int, float)),
    **dict.fromkeys(("renewals", "files", "bytes", "processes", "leftovers"), (int,)),
    "mended": (bool,),
}


def _shaped(data: object, what: str, kind: type) -> None:
    """Make sure that JSON data has only what such a thing has, each of its type; texts of a bounded length."""
    if not isinstance(data, Mapping):
        raise Problem(f"{what} of another shape", found=shown(data), expected="an object")
    known_keys(data, what, tuple(each.name for each in fields(kind)))
    for key, value in data.items():
        kinds = _KINDS.get(key, (str,))
        right = isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)
        if isinstance(value, int | float) and not -LARGEST < value < LARGEST:
            right = False
        if not right or (isinstance(value, str) and len(value) > LONGEST):
            raise Problem(f"{what} of another shape: {key}", found=shown(value), expected=kinds[0].__name__)
