"""Late binding: what a payload needs, what a pilot offers, and whether the one fits the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testbed.model.condition import role_of
from testbed.model.mode import Mode
from testbed.model.problem import Problem, nearest, shown

MOST_MEMORY = 1 << 24
"""MiB: what no machine has."""
LONGEST_OFFER = 7 * 24 * 3600.0
"""Seconds: the longest that a pilot says it has left."""
LONGEST_WORD = 200
MOST_WORDS = 100
MOST_CASES = 100


@dataclass(frozen=True, slots=True)
class Needs:
    """What the place has to have where a payload runs; its wall time is the payload's own limit."""

    memory: int = 0
    """MiB; 0: as much as every place has."""
    mode: str = ""
    """The mode that its VO demands; empty: any."""

    def json(self) -> dict[str, Any]:
        """As JSON data."""
        return {"memory": self.memory, "mode": self.mode}

    @classmethod
    def parse(cls, data: object) -> "Needs":
        """The needs of JSON data; a `Problem` names what is wrong with them."""
        if not isinstance(data, Mapping):
            raise Problem("needs of another shape", found=shown(data), expected="an object")
        known_keys(data, "needs", ("memory", "mode"))
        return cls(number(data.get("memory", 0), "memory in MiB", MOST_MEMORY), a_mode(data.get("mode", "")))


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose payloads a pilot may run at its site (question 1). What is empty states nothing."""

    owners: tuple[str, ...] = ()
    """DNs."""
    roles: tuple[str, ...] = ()
    """As the primary attribute has them."""
    vos: tuple[str, ...] = ()

    def takes(self, owner: str, fqans: Sequence[str], vo: str) -> bool:
        """Whether the payload of this owner is one."""
        stated = ((self.owners, owner), (self.roles, role_of(fqans)), (self.vos, vo))
        return all(not words or word in words for words, word in stated)

    @classmethod
    def parse(cls, data: object) -> "Whose":
        """A case of JSON data. One that states nothing would be everybody, and is refused."""
        if not isinstance(data, Mapping):
            raise Problem("an offer names whose payloads it takes in objects", found=shown(data))
        known_keys(data, "whose payloads", ("owners", "roles", "vos"))
        stated = {}
        for key, words in data.items():
            if not isinstance(words, list) or len(words) > MOST_CASES:
                raise Problem(f"an offer names {key} in a list", found=shown(words))
            stated[key] = tuple(word(each, "a name") for each in words)
        if not any(stated.values()):
            raise Problem("whose payloads: nobody is named", found=shown(dict(data)))
        return cls(**stated)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a pilot says that it has when it asks for work."""

    mode: Mode
    slot: str = ""
    """Only payloads of this slot are meant."""
    memory: int = 0
    """MiB; 0: it does not know, and takes what needs no more than every place has."""
    seconds: float = LONGEST_OFFER
    """How long it will still be there. It needs some of that itself, to start a payload and to say how it ended."""
    vos: tuple[str, ...] = ()
    """Whose payloads it takes; empty: everybody's."""
    start_limit: float = 30.0
    """Seconds that its mode may take until a payload starts."""
    owners: tuple[str, ...] | None = None
    """Whose payloads it may have, as the VO says, not the pilot; None: everybody's."""
    only: tuple[Whose, ...] | None = None
    """The payloads of these; ``None``: where the site asks for no more, everybody's."""

    def takes(self, owner: str, fqans: Sequence[str], vo: str) -> bool:
        """Whether the pilot may run this owner's payloads."""
        return self.only is None or any(each.takes(owner, fqans, vo) for each in self.only)

    @classmethod
    def parse(cls, data: Mapping[str, Any], usual: "Offer | None") -> "Offer":
        """The offer of JSON data, on top of what the pilot was sent out with, if it was."""
        known_keys(data, "an offer", ("mode", "slot", "memory", "seconds", "vos", "start_limit", "only"))
        if usual is None and not data.get("mode"):
            raise Problem("an offer without its mode", found=shown(dict(data)), expected=", ".join(Mode))
        usual = usual or cls(Mode(a_mode(data["mode"])))
        only = data.get("only")
        if only is not None and (not isinstance(only, list) or len(only) > MOST_CASES):
            raise Problem("an offer names whose payloads it takes in a list", found=shown(only))
        return cls(
            Mode(a_mode(data.get("mode") or usual.mode)),
            word(data.get("slot", usual.slot), "a slot"),
            number(data.get("memory", usual.memory), "memory in MiB", MOST_MEMORY),
            span(data.get("seconds", usual.seconds), LONGEST_OFFER),
            words(data.get("vos", list(usual.vos)), "VOs", "a VO"),
            span(data.get("start_limit", usual.start_limit), LONGEST_OFFER),
            usual.owners,
            usual.only if only is None else tuple(Whose.parse(each) for each in only),
        )


def known_keys(data: Mapping[str, Any], what: str, keys: tuple[str, ...]) -> None:
    """Make sure that nothing is said that nobody reads: a slip of the pen would count for nothing."""
    for key in data:
        if key not in keys:
            near = nearest(str(key), keys)
            raise Problem(
                f"{what} cannot have this key",
                found=shown(key),
                expected=", ".join(keys),
                remedy=f"did you mean {near!r}?" if near else "",
            )


def number(value: object, what: str, most: int, least: int = 0) -> int:
    """A whole number in these bounds."""
    if type(value) is int and least <= value <= most:
        return value
    raise Problem(f"{what} is a whole number", found=shown(value), expected=f"{least} to {most}")


def span(value: object, most: float) -> float:
    """A number of seconds from zero on; ``NaN`` is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
        return float(value)
    raise Problem("a time is a number of seconds", found=shown(value), expected=f"0 to {most:g}")


def word(value: object, what: str) -> str:
    """A short text that can be printed and kept."""
    if isinstance(value, str) and len(value) <= LONGEST_WORD and (value.isprintable() or not value):
        return value
    raise Problem(f"{what} is a short text without control characters", found=shown(value))


def words(value: object, what: str, each: str) -> tuple[str, ...]:
    """A list of a few short texts, each of them once."""
    if not isinstance(value, list) or len(value) > MOST_WORDS:
        raise Problem(f"{what} are a list", found=shown(value), expected=f"at most {MOST_WORDS} words")
    said = tuple(word(one, each) for one in value)
    if len(set(said)) < len(said):
        raise Problem(f"{what} are a list without repetition", found=shown(value))
    return said


def a_mode(value: object) -> str:
    """The name of a mode, or nothing."""
    if value == "" or (isinstance(value, str) and value in list(Mode)):
        return str(value)
    near = nearest(value, Mode) if isinstance(value, str) else ""
    raise Problem(
        "no such mode",
        found=shown(value),
        expected=", ".join(Mode),
        remedy=f"did you mean {near!r}?" if near else "",
    )
