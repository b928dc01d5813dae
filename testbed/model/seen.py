"""What a caller of the switch can see of one call: all that a client's next step can depend on."""

import re
from dataclasses import dataclass

from testbed.model.effect import Cause
from testbed.model.reasons import CLASS_OF

_CAUSE = re.compile(r"^\[gLExec\]: cause class=(\S+) reason=(\S+) code=(126|20[123])\n\Z", re.MULTILINE)
"""The switch ends with these codes itself. With any other the line is somebody's who could write to its outputs."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One call of the switch that is over.

    ``code`` is negative when a signal ended it (-9), and ``None`` when the caller ran out of patience and has made
    sure that the call is gone. ``started`` says that the start handshake came: the payload's first word, which only
    somebody who asks for it can see.
    """

    code: int | None
    out: str = ""
    err: str = ""
    started: bool = False

    @property
    def cause(self) -> Cause | None:
        """Why nothing ran, where the site has it told (``report_cause``). See `told`."""
        return None if self.started else told(self.err, self.code)

    @property
    def last_line(self) -> str:
        """The last line of standard output."""
        return self.out.rstrip("\n").rpartition("\n")[2]


def told(err: str, code: int | None) -> Cause | None:
    """The cause in the last line of standard error. A line that contradicts the exit code, or itself, tells nothing.

    >>> told("[gLExec]: cause class=denied reason=banned code=203\\n", 203)
    Cause(kind='denied', reason='banned')
    """
    found = _CAUSE.search(err)
    if not found or found[3] != str(code) or CLASS_OF.get(found[2]) != found[1]:
        return None
    return Cause(found[1], found[2])
