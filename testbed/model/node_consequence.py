"""What each fault of the worker node itself comes to: why nothing runs, or that the payload runs after all.

Where the switch has not read its configuration, nobody can have asked it to tell causes: then there is the exit code,
and the site's log has the rest. An internal error either way; what may be done then is question 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from testbed.model.consequence import CONFIGURATION, MISSING, OVERHEAD
from testbed.model.effect import Cause
from testbed.model.failure import Failure
from testbed.model.fault import Fault
from testbed.model.mode import Mode

CODES = {"caller": 201, "site": 202, "untraceable": 202, "denied": 203, "unavailable": 203, "undecided": 203}
"""The exit code of each class, but for the few reasons with one of their own, which no fault here leads to."""
_CLASSES = {"caller": Failure.MISUSED, "denied": Failure.DENIED, "untraceable": Failure.TRACELESS}
HUNG_LOG = 4.0
"""Seconds that a log daemon that does not read costs: the first note and the record wait for two each (our choice)."""
BUSY = 10.0
"""Seconds that a call may take on a machine whose processors are wanted by eight others each."""


@dataclass(frozen=True, slots=True)
class NodeConsequence:
    """What one fault comes to, in both installations alike unless ``log_only`` says otherwise."""

    fault: Fault
    cause: Cause | None
    """Why nothing runs; ``None``: the payload runs."""
    source: str
    unlike: Mapping[Mode, Cause | None] = field(default_factory=dict)
    """Modes in which it comes to something else."""
    told: bool = True
    """Whether the cause can be told: not before the configuration has been read."""
    modes: tuple[Mode, ...] = (Mode.SETUID, Mode.LOG_ONLY)
    """Those that can have the fault; `because` says why others cannot."""
    because: str = ""
    local: bool = False
    """Whether it is about mapping by the node's own files, which no service has a part in."""
    users: tuple[str, ...] = ()
    """Whom alone it meets: those of Alice's pool, or herself; nobody here is everybody."""
    recorded: bool = True
    """Whether a payload that runs is in the site's log."""
    seconds: float = OVERHEAD
    """Within which a call has ended."""

    def cause_in(self, mode: Mode) -> Cause | None:
        """Why nothing runs; every mode but setuid has the log-only installation."""
        return self.unlike.get(_installed(mode), self.cause)

    def code_in(self, mode: Mode) -> int:
        """The exit code of the switch; 0 where the payload runs and ends so."""
        cause = self.cause_in(mode)
        return CODES[cause.kind] if cause else 0

    def failure_in(self, mode: Mode) -> Failure:
        """The class."""
        cause = self.cause_in(mode)
        return _CLASSES.get(cause.kind, Failure.INTERNAL) if cause else Failure.PAYLOAD

    def meant(self, mode: Mode) -> bool:
        """Whether a node in this mode can have the fault."""
        return _installed(mode) in self.modes


def _installed(mode: Mode) -> Mode:
    return mode if mode is Mode.SETUID else Mode.LOG_ONLY


UNREADABLE_MAP = Cause("unavailable", "map-unreadable")
LEASES = Cause("unavailable", "leases-unusable")
NO_RECORD = Cause("untraceable", "no-record")
NO_ROOM = Cause("site", "no-resources")
INSTALLATION = Cause("site", "installation")

_NOT_IN_LOG_ONLY: Mapping[Mode, Cause | None] = {Mode.LOG_ONLY: None}
_WIKI = "Nikhef wiki, Exit codes of gLExec"
_NO_BIT = "a log-only program has no set-id bit that could be lost"
_LEASE = f"{_WIKI}: LCMAPS fails, 203; the cause: our choice; in log-only nobody is leased an account"


def _config(fault: Fault, source: str, *, told: bool = False) -> NodeConsequence:
    return NodeConsequence(fault, CONFIGURATION, source, told=told)


def _leases(fault: Fault, cause: Cause = LEASES, users: tuple[str, ...] = ()) -> NodeConsequence:
    return NodeConsequence(fault, cause, _LEASE, _NOT_IN_LOG_ONLY, local=True, users=users)


_ALL = (
    _config(Fault.CONFIG_MALFORMED, f"{_WIKI}: glexec.conf malformed, 202", told=True),
    _config(Fault.CONFIG_UNKNOWN_KEY, "our choice: an option that nobody knows may have been meant", told=True),
    _config(Fault.CONFIG_CRLF, "our choice: a file of another system is not half obeyed"),
    _config(Fault.CONFIG_NUL, "our choice"),
    _config(Fault.CONFIG_WORLD_WRITABLE, "certification tests of gLExec: world-writable, 202"),
    _config(Fault.CONFIG_UNREADABLE, f"{_WIKI}: glexec.conf cannot be read, 202"),
    NodeConsequence(Fault.POLICY_MISSING, Cause("site", "policy-files"), f"{_WIKI}: no LCMAPS database, 202"),
    NodeConsequence(Fault.POLICY_MALFORMED, Cause("site", "lcmaps-broken"), f"{_WIKI}: LCMAPS cannot initialise, 202"),
    _leases(Fault.GRIDMAP_MISSING, UNREADABLE_MAP),
    _leases(Fault.GRIDMAP_MALFORMED, UNREADABLE_MAP),
    NodeConsequence(Fault.GROUPMAP_MISSING, UNREADABLE_MAP, f"{_WIKI}: LCMAPS fails, 203; observed", local=True),
    NodeConsequence(
        Fault.BAN_LIST_MISSING, UNREADABLE_MAP, "LCMAPS' ban_dn fails without its file (observed)", local=True
    ),
    _leases(Fault.POOL_EXHAUSTED, Cause("unavailable", "pool-exhausted"), ("alice", "bob")),
    _leases(Fault.LEASES_MISSING),
    _leases(Fault.LEASES_READ_ONLY),
    _leases(Fault.LEASES_FULL),
    _leases(Fault.LEASES_INCONSISTENT, users=("alice",)),
    NodeConsequence(
        Fault.ACCOUNTS_GONE,
        MISSING,
        f"{_WIKI}: the mapped account is missing in passwd; in log-only nobody becomes it",
        _NOT_IN_LOG_ONLY,
    ),
    NodeConsequence(
        Fault.NSS_MODULE_MISSING,
        MISSING,
        f"{_WIKI}: the mapped account is missing in passwd; in log-only nobody becomes it",
        _NOT_IN_LOG_ONLY,
    ),
    NodeConsequence(
        Fault.ACCOUNTS_UNREADABLE,
        MISSING,
        "LCMAPS finds no account (observed); in log-only nobody can say who calls, which is no denial (our choice)",
        {Mode.LOG_ONLY: Cause("unavailable", "names-unavailable")},
    ),
    NodeConsequence(Fault.GROUP_WITHOUT_VO, MISSING, "LCMAPS finds no group (observed)", local=True),
    NodeConsequence(Fault.TMP_FULL, NO_ROOM, "our choice: the place of the copy is ours, so not the caller's to mend"),
    NodeConsequence(Fault.TMP_OUT_OF_INODES, NO_ROOM, "our choice, as tmp-full"),
    NodeConsequence(Fault.TMP_READ_ONLY, NO_ROOM, "our choice, as tmp-full"),
    NodeConsequence(Fault.HOME_FULL, None, "the switch writes nothing there; what the payload writes is its own"),
    NodeConsequence(
        Fault.HOME_CLOSED, None, "gLExec: the payload starts at home, else where the caller is, else at the top"
    ),
    NodeConsequence(Fault.LOG_MISSING, NO_RECORD, "our choice: no record, no run"),
    NodeConsequence(Fault.LOG_DEAD, NO_RECORD, "our choice: no record, no run"),
    NodeConsequence(
        Fault.LOG_STUCK,
        NO_RECORD,
        "our choice: two seconds for a line, and no record, no run",
        seconds=HUNG_LOG + OVERHEAD,
    ),
    NodeConsequence(
        Fault.LOG_STOPPED,
        None,
        "what the kernel keeps for a log daemon counts as told, whether it is ever read or not (observed)",
        recorded=False,
    ),
    NodeConsequence(
        Fault.LOG_DISK_FULL,
        None,
        "what the log daemon has taken counts as told; rsyslog says nothing of what it cannot write (observed)",
        recorded=False,
    ),
    NodeConsequence(
        Fault.LOG_FILE_FULL,
        NO_RECORD,
        "our choice: no record, no run; a log-only program cannot write a log file of the site (Quattor)",
        {Mode.LOG_ONLY: CONFIGURATION},
    ),
    NodeConsequence(
        Fault.LOG_FILE_READ_ONLY,
        NO_RECORD,
        "our choice: what is lacking is the record; a log-only program cannot write a log file of the site (Quattor)",
        {Mode.LOG_ONLY: CONFIGURATION},
    ),
    NodeConsequence(Fault.REMOTE_LOG_DEAD, None, "the node's own log has the record (observed)"),
    NodeConsequence(
        Fault.SET_ID_LOST,
        INSTALLATION,
        "our choice: a lost bit is never taken for log-only",
        told=False,
        modes=(Mode.SETUID,),
        because=_NO_BIT,
    ),
    NodeConsequence(
        Fault.NOSUID,
        INSTALLATION,
        "Linux ignores the bit without a word; our choice as set-id-lost",
        told=False,
        modes=(Mode.SETUID,),
        because=_NO_BIT,
    ),
    NodeConsequence(Fault.BUSY, None, "nothing in the way of a call counts processors", seconds=BUSY),
)

NODE_CONSEQUENCES: Mapping[Fault, NodeConsequence] = {each.fault: each for each in _ALL}
"""Every fault of the node; but for ``no-config``, of which the oracle has rules of its own."""
