"""The switch's records in the site's own log, joined by the pid of the glexec that wrote them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.lab.host import Host
from testbed.lab.wait import eventually

LOG = "/var/log/glexec.log"
LIMIT = 10.0

_LINE = re.compile(r"(?P<time>\S+) \S+ glexec\[(?P<pid>\d+)\]: (?P<text>.*)")
_WHO = re.compile(r'Used DN: "(?P<dn>[^"]*)"')
_FQAN = re.compile(r'Used FQAN: "([^"]*)"')
_START = re.compile(
    r"real_user\((?P<caller>[^)]*)\),real_group\([^)]*\)->mapped_user\((?P<account>[^)]*)\),mapped_group\([^)]*\)"
    r' cwd: "(?P<cwd>[^"]*)" cmd: (?P<command>.*)'
)
_END = re.compile(r"Terminated, exit (?P<code>\d+)")
_FIRST = 'Used DN: "'
_LAST = "Terminated, "
"""How the switch's own first and last line of a run begin."""


@dataclass(frozen=True, slots=True)
class Record:
    """One run as the site's log tells it; empty or ``None`` where the log does not say."""

    pid: int
    dn: str = ""
    fqans: tuple[str, ...] = ()
    caller: str = ""
    account: str = ""
    cwd: str = ""
    command: str = ""
    """As recorded: the name it was called by, the file that it is, its arguments."""
    code: int | None = None
    lines: tuple[str, ...] = ()

    @property
    def joined(self) -> bool:
        """Whether it is one run beyond doubt: one start and one end under its pid."""
        starts = sum(line.startswith("real_user(") for line in self.lines)
        return starts == sum(line.startswith(_LAST) for line in self.lines) == 1


def records(node: Host, due: int = 0, within: float = 5.0) -> list[Record]:
    """Every run that the node's log holds, in the order of their first lines. Refused calls have no record of a run.

    Until ``due`` runs have their end there it is read again, for so many seconds at most: the log's daemon writes when
    it comes to it. Then what is there is returned, whatever it is.
    """
    seen: list[Record] = []

    def written() -> bool:
        seen[:] = parse(node.run(["cat", LOG], limit=LIMIT).check().out.decode(errors="replace"))
        return complete(seen, due)

    eventually(written, within=within, every=0.1)
    return seen


def complete(runs: Sequence[Record], due: int) -> bool:
    """Whether so many runs are there, from their start to their end."""
    return sum(run.joined for run in runs) >= due


def parse(log: str) -> list[Record]:
    """The runs in the text of a log. A pid that begins again after its end is another run: the kernel reuses them."""
    runs: list[tuple[int, list[str]]] = []
    latest: dict[int, list[str]] = {}
    for line in log.splitlines():
        if not (found := _LINE.match(line)):
            continue
        pid, text = int(found["pid"]), found["text"]
        ended = any(earlier.startswith(_LAST) for earlier in latest.get(pid, ()))
        if pid not in latest or (ended and text.startswith(_FIRST)):
            latest[pid] = []
            runs.append((pid, latest[pid]))
        latest[pid].append(text)
    return [record for pid, lines in runs if (record := _record(pid, lines)).command]


def _record(pid: int, lines: list[str]) -> Record:
    text = "\n".join(lines)
    who, start, end = _WHO.search(text), _START.search(text), _END.search(text)
    return Record(
        pid,
        dn=who["dn"] if who else "",
        fqans=tuple(_FQAN.findall(text)),
        caller=start["caller"] if start else "",
        account=start["account"] if start else "",
        cwd=start["cwd"] if start else "",
        command=start["command"] if start else "",
        code=int(end["code"]) if end else None,
        lines=tuple(lines),
    )
