"""What the doctor found: one line, and for each "no" its cause, its remedy and which modes suffer."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from testbed.model.problem import Problem

WIDTH = 22
"""Of the longest name, for aligned lines."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that this machine can do, or not.

    >>> print(Finding("iptables", False, "a rule is not felt", cause="no nf_tables", remedy="modprobe nf_tables"))
    no  iptables               a rule is not felt
          cause:   no nf_tables
          remedy:  modprobe nf_tables
    """

    name: str
    good: bool
    says: str
    """What was seen."""
    cause: str = ""
    remedy: str = ""
    needed: bool = False
    """Whether the testbed cannot work at all without it."""
    modes: tuple[str, ...] = ()
    """The modes that suffer where it is missing."""

    @property
    def data(self) -> dict[str, Any]:
        """The same for programs."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        lines = [f"{'ok' if self.good else 'no'}  {self.name:<{WIDTH}} {self.says}"]
        if not self.good:
            suffers = "everything" if self.needed else ", ".join(f"mode {mode}" for mode in self.modes)
            for label, text in (("cause", self.cause), ("remedy", self.remedy), ("suffers", suffers)):
                if text:
                    lines.append(f"      {label + ':':<8} " + text.rstrip().replace("\n", "\n" + " " * 15))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Check:
    """Something to be tried: it says what it saw, or raises a `Problem` that says why not and what to do."""

    name: str
    attempt: Callable[..., str]
    needed: bool = False
    modes: tuple[str, ...] = ()

    def finding(self, *on: object) -> Finding:
        """What came of trying it, with the arguments of its kind."""
        try:
            return Finding(self.name, True, self.attempt(*on), needed=self.needed, modes=self.modes)
        except Problem as problem:
            says = ": ".join(part for part in (problem.what, problem.found) if part)
            return Finding(self.name, False, says, problem.cause, _useful(problem.remedy), self.needed, self.modes)


def _useful(remedy: str) -> str:
    """A remedy without the advice to call the doctor, who is here already."""
    return "" if remedy in ("make doctor", "testbed doctor") else remedy
