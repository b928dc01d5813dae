"""What a call of the switch really came to, not in its own words: marks of a payload, lines of the site's log."""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from testbed.lab.host import Host
from testbed.lab.layout import NODE
from testbed.lab.record import LOG, Record, parse
from testbed.lab.result import Result
from testbed.model.effect import Cause, Effect, Recorded
from testbed.model.entry import folder
from testbed.site.site import Site

WITNESS = f"{NODE}/probes/witness.sh"
LIMIT = 10.0

_CAUSE = re.compile(r"^\[gLExec\]: cause class=(\S+) reason=(\S+) code=\d+\n\Z", re.M)
_COMMAND = re.compile(r'"(?P<given>[^"]*)"(?: \(="[^"]*"\))?(?: args: "(?P<arguments>[^"]*)")?')
_END = re.compile(r"Terminated, ((?:exit|signal) \d+)")

_WRITTEN = "all that came before has been written, "
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Mark:
    """What one payload left: whom its file belongs to, and what ``/proc/self/status`` told it of itself."""

    owner: int
    status: Mapping[str, tuple[str, ...]]

    def who(self, names: Mapping[int, str]) -> str:
        """The account that it ran as; more than that where something of another identity was left."""
        name = names.get(self.owner, str(self.owner))
        left = [f"{what} {' '.join(values)}" for what, values in self.status.items() if _something(what, values)]
        return f"{name} ({', '.join(left)})" if left else name


class Witness:
    """Watches the calls on one worker node. What stands in the site's log when it is made is not its concern.

    After ``earlier`` calls, of which lines may still be on their way to the log, it waits for these first.
    """

    def __init__(self, node: Host, site: Site, *, earlier: bool = False) -> None:
        self._node = node
        self._folder = f"/tmp/witness-{next(_numbers)}"
        node.put([folder(self._folder, 0o1777)], limit=LIMIT)
        self._seen = 0
        self._seen = len(self._left()[1] if earlier else node.run(["cat", LOG], limit=LIMIT).out)
        self._tells = site.tells_causes
        accounts = [account for pool in (site.pilots, *site.pools) for account in pool.accounts]
        self._names = {account.uid: account.name for account in accounts} | {0: "root"}
        self._pools = {account.name: f".{pool.prefix}" for pool in site.pools for account in pool.accounts}
        self.log: tuple[str, ...] = ()
        """What the site's log has of the last call."""

    def command(self, then: str = "") -> list[str]:
        """The payload that leaves a mark, and then does what a shell is told."""
        return [WITNESS, self._folder, *([then] if then else [])]

    def effect(self, result: Result) -> Effect:
        """The whole effect of a call that has just ended."""
        marks, log = self._left()
        self._seen += len(log)
        self.log = tuple(line for line in log.decode(errors="replace").splitlines() if _WRITTEN not in line)
        said = (result.out + result.err).decode(errors="replace")
        ran = [mark.who(self._names) for mark in _marks(marks.decode())]
        ran += ["somebody without a mark"] if "could leave no mark" in said else []
        records = parse("\n".join(self.log))
        one_account = not ran or set(ran) == {record.account for record in records}
        return Effect(
            result.code,
            cause_in(result.err.decode(errors="replace")),
            tuple(self._pools.get(name, name) if one_account else name for name in ran),
            tuple(self._recorded(record, one_account) for record in records),
            tells=self._tells,
            said=said,
            seconds=result.seconds,
            observed=True,
        )

    def _left(self) -> tuple[bytes, bytes]:
        """The marks of payloads, which are taken away, and what is new in the log once all of it has been written."""
        look = ["dash", f"{NODE}/aftermath.sh", LOG, str(self._seen), self._folder, f"{_WRITTEN}{next(_numbers)}"]
        marks, _, log = self._node.run(look, limit=LIMIT).check().out.partition(b"log\n")
        return marks, log

    def _recorded(self, record: Record, one_account: bool) -> Recorded:
        """An account stands for its pool, unless it is another than the one that ran."""
        command, end = _COMMAND.match(record.command), _END.search("\n".join(record.lines))
        return Recorded(
            record.caller,
            self._pools.get(record.account, record.account) if one_account else record.account,
            record.dn,
            " ".join(part for part in command.groups() if part) if command else record.command,
            end[1] if end else "",
        )


def cause_in(err: str) -> Cause | None:
    """Why nothing was run, in what the switch said on standard error; ``None`` where it does not tell."""
    told = _CAUSE.search(err)
    return Cause(told[1], told[2]) if told else None


def escaped(words: Iterable[str]) -> str:
    """Words as the site's log shows them: what is not printable ASCII, quotes and backslashes as ``\\xHH``."""
    shown = (b if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\x{b:02X}" for b in " ".join(words).encode())
    return "".join(b if isinstance(b, str) else chr(b) for b in shown)


def _something(what: str, values: tuple[str, ...]) -> bool:
    """Whether ids differ, or capabilities are held."""
    return int(values[0], 16) != 0 if what.startswith("Cap") else len(set(values)) > 1


def _marks(text: str) -> list[Mark]:
    marks: list[tuple[int, dict[str, tuple[str, ...]]]] = []
    for line in text.splitlines():
        name, *values = line.replace(":", "").split()
        if name == "mark":
            marks.append((int(values[0]), {}))
        elif marks:
            marks[-1][1][name] = tuple(values)
    return [Mark(owner, status) for owner, status in marks]
