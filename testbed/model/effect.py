"""What one call of the switch came to, as a value that can be compared as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cause:
    """Why nothing was run, as the switch tells it on standard error: ``denied banned``."""

    kind: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.reason}"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One run as the site's log tells it. An ``account`` with a leading dot is any one of a pool: ``.alpha``."""

    caller: str
    account: str
    dn: str
    command: str
    end: str = "exit 0"
    """``exit 17``, ``signal 9``, or empty when the log does not tell."""

    def __str__(self) -> str:
        return f"{self.caller} as {self.account} for {self.dn}: {self.command}; {self.end or 'no end'}"


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """All that a call came to: what the caller learnt, what really ran and as whom, what the site's log tells.

    Two effects are equal when all four are. Causes count only where both sides tell them: a switch whose site does not
    ask for them (``report_cause``), or that does not know that option, need not.
    """

    code: int | None
    cause: Cause | None = None
    ran: tuple[str, ...] = ()
    """Who each payload ran as, in the words of its kernel; ``.alpha`` is any one of that pool."""
    recorded: tuple[Recorded, ...] = ()
    tells: bool = True
    """Whether causes are told at all."""
    said: str = ""
    """Standard output and error, for the reader."""
    seconds: float = field(default=0.0)
    observed: bool = False

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Effect):
            return NotImplemented
        return not any(here != there for _, here, there in self.beside(other))

    __hash__ = None  # type: ignore[assignment]

    def beside(self, other: "Effect") -> Iterator[tuple[str, str, str]]:
        """What counts of both, each with its name, in words."""
        tell = self.tells and other.tells
        yield "code", str(self.code), str(other.code)
        yield "cause", str(self.cause or "none") if tell else "", str(other.cause or "none") if tell else ""
        yield "ran", _listed(self.ran), _listed(other.ran)
        yield "recorded", _listed(self.recorded), _listed(other.recorded)

    def __str__(self) -> str:
        return "; ".join(f"{name} {here}" for name, here, _ in self.beside(self) if here)


def refused(code: int, kind: str = "", reason: str = "") -> Effect:
    """The effect of a call that runs nothing and records no run. Without a kind no cause is told."""
    return Effect(code, Cause(kind, reason) if kind else None)


def ran(code: int, as_: str, recorded: Recorded) -> Effect:
    """The effect of a call whose payload ran once, as this account or as any one of a pool (``.alpha``)."""
    return Effect(code, None, (as_,), (recorded,))


def unlike(left: object, right: object, name: str = "") -> list[str]:
    """Two effects, or two tables of effects, that differ: what was documented above what was observed."""
    if isinstance(left, dict) and isinstance(right, dict):
        keys = list(dict.fromkeys((*left, *right)))
        return [line for key in keys for line in unlike(left.get(key), right.get(key), f"{name}{key}: ")]
    if left == right:
        return []
    if not (isinstance(left, Effect) and isinstance(right, Effect)):
        return [f"{name}one side has no such call: {left} | {right}"]
    observed, documented = (right, left) if right.observed and not left.observed else (left, right)
    lines = [f"{name}the effect is not the documented one"]
    for what, here, there in observed.beside(documented):
        lines += [f"  {what} is as documented: {here}"] if here == there else []
        lines += [f"  {what}, documented: {there}", f"  {what}, observed:   {here}"] if here != there else []
    return lines + [f"  it said: {line}" for line in observed.said.splitlines()[-5:]]


def _listed(things: tuple[object, ...]) -> str:
    return " and ".join(str(thing) for thing in things) or "nothing"
