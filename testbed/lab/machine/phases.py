"""One line per phase, with what came of it and its time."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Say = Callable[[str], None]
"""Where a line for the reader goes."""


def tell(line: str) -> None:
    """Print a line at once, also where the output is no terminal."""
    print(line, flush=True)


@dataclass(slots=True)
class Phase:
    """A phase that is going on. Its ``detail`` is told when it has ended."""

    name: str
    detail: str = ""


@contextlib.contextmanager
def phase(name: str, say: Say = tell) -> Iterator[Phase]:
    """Tell how a phase went once it is over: ``engine        docker 20.10.24, answered           0.1 s``.

    A phase that is left by an exception is told as ``stopped``; what stopped it is for the caller to tell.
    """
    going = Phase(name)
    began = time.monotonic()
    try:
        yield going
    except BaseException:
        going.detail = "stopped"
        raise
    finally:
        say(f"{going.name:<13} {going.detail:<56} {time.monotonic() - began:6.1f} s")
