"""The site's log with the writer of each line, as the kernel told the log daemon."""

import itertools
import re
from dataclasses import dataclass

from testbed.lab.host import Host
from testbed.lab.layout import NODE

MESSAGES = "/var/log/messages"
"""What the log daemon keeps of everything; the uid of the sender stands beside each line (SCM_CREDENTIALS)."""
LIMIT = 10.0

_LINE = re.compile(r"\S+ \S+ uid=(?P<uid>\d+) (?P<tag>[^\s\[:]+)(?:\[\d+\])?: ?(?P<text>.*)")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log."""

    writer: int
    """The uid of the process that sent it. It cannot say another."""
    tag: str
    """The program, in the sender's own words."""
    text: str


def site_log(node: Host) -> list[Line]:
    """Every line that was sent to the site's log up to now, once the daemon has written it."""
    word = f"all that was sent to the log has been written, {next(_numbers)}"
    look = ["dash", f"{NODE}/aftermath.sh", MESSAGES, "0", "/nowhere", word]
    text = node.run(look, limit=LIMIT).check().out.partition(b"log\n")[2].decode(errors="replace")
    found = (_LINE.fullmatch(line) for line in text.splitlines() if word not in line)
    return [Line(int(each["uid"]), each["tag"], each["text"]) for each in found if each]
