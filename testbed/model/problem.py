"""What stops the testbed, said so that the reader knows what to do next."""

import difflib
import reprlib
from collections.abc import Iterable

LONGEST = 80
"""Characters of what was found, where it may be anything; and of a word that somebody may have meant."""


class Problem(Exception):
    """Something a person has to mend: bad input, or a machine that lacks what is needed.

    ``what`` is the sentence; the other parts are optional and printed one a line. A `Problem` ends a command with
    exit code 2 ("blocked"), never with a traceback, and never counts as a pass.

    >>> print(Problem("no such mode", found="setiud", expected="one of none, setuid", remedy="say setuid"))
    no such mode
      found:    setiud
      expected: one of none, setuid
      do next:  say setuid
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        found: str = "",
        expected: str = "",
        cause: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.found = found
        self.expected = expected
        self.cause = cause
        self.remedy = remedy

    def __str__(self) -> str:
        parts = (
            ("where", self.where),
            ("found", self.found),
            ("expected", self.expected),
            ("cause", self.cause),
            ("do next", self.remedy),
        )
        lines = [self.what]
        for label, text in parts:
            if text:
                lines.append(f"  {label + ':':<9} " + text.rstrip().replace("\n", "\n" + " " * 12))
        return "\n".join(lines)


def nearest(word: str, words: Iterable[str]) -> str:
    """The known word that ``word`` was most likely meant to be, or "" when none is near.

    >>> nearest("setiud", ["none", "log-only", "setuid"])
    'setuid'
    """
    found = difflib.get_close_matches(word[:LONGEST], list(words), n=1, cutoff=0.5)
    return str(found[0]) if found else ""


def shown(value: object) -> str:
    """What was found, as a line can carry it: bounded, however large or deep it is.

    >>> shown([["x" * 1_000_000], 2, 3, 4, 5, 6, 7, 8])[-20:]
    "xxx'], 2, 3, 4, 5, 6"
    """
    try:
        return _SHORT.repr(value)[:LONGEST]
    except ValueError:  # Python makes no decimal digits of so large a number
        return "a number of thousands of digits"


_SHORT = reprlib.Repr()
_SHORT.maxlevel = 4
_SHORT.maxstring = 60
_SHORT.maxother = LONGEST
