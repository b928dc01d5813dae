"""What a pilot is to do about each fault under the three answers to question 4, as the facts of this project have it.

A copy of the catalogue of failures (F01 to F22; its section 3.3) with the testbed's words for each fault. R: the
payload goes back. rule: a condition that names no cause may let it run. x: none of these does. B: the pilot runs it,
and says so. Where a row has several kinds of a fault in it, all of its words are here. F23 to F40 (load, restarts,
kills, messages) ask nobody question 4, and have no such triple there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.model.cell import Authority
from testbed.model.effect import Cause
from testbed.model.fault import Fault
from testbed.model.mode import Mode

Triple = tuple[str, str, str]
USUAL: Triple = ("R", "rule", "B")
MIDDLE: Triple = ("R", "x", "B")
"""Somebody in the middle could bring it about."""
NEVER: Triple = ("x", "x", "x")
TRACE: Triple = ("R", "R", "B")


@dataclass(frozen=True, slots=True)
class Failing:
    """One row: its number, what fails, what is documented, and what of the testbed stands for it."""

    number: str
    what: str
    documented: Triple
    faults: tuple[Fault, ...] = ()
    causes: tuple[Cause, ...] = ()
    """Of the switch alone, where no service is asked."""


TABLE = (
    Failing("F01", "connection refused", USUAL, (Fault.REFUSED, Fault.FIRST_DOWN)),
    Failing("F02", "names", USUAL, (Fault.NAME_UNKNOWN, Fault.NAME_SLOW)),
    Failing("F03", "black hole", USUAL, (Fault.SYN_DROPPED, Fault.LINK_DOWN, Fault.HANG_BEFORE_ACCEPT)),
    Failing("F04", "slow", USUAL, (Fault.DRIBBLE, Fault.HANG_AFTER_ACCEPT, Fault.HANG_IN_BODY, Fault.ANSWERS_DROPPED)),
    Failing("F05", "TLS handshake", MIDDLE, (Fault.TLS_OLD_PROTOCOL, Fault.TLS_CLIENT_REFUSED, Fault.HANG_IN_TLS)),
    Failing(
        "F06",
        "server certificate",
        MIDDLE,
        (
            Fault.TLS_EXPIRED,
            Fault.TLS_NOT_YET_VALID,
            Fault.TLS_WRONG_NAME,
            Fault.TLS_UNKNOWN_CA,
            Fault.TLS_SELF_SIGNED,
        ),
    ),
    Failing("F07", "revocation list", USUAL, (Fault.CRL_STALE, Fault.CRL_MISSING)),
    Failing(
        "F08",
        "HTTP status",
        USUAL,
        (
            Fault.STATUS_204,
            Fault.STATUS_302,
            Fault.STATUS_401,
            Fault.STATUS_404,
            Fault.STATUS_500,
            Fault.STATUS_503,
            Fault.QUEUE_FULL,
        ),
    ),
    Failing(
        "F09",
        "garbage",
        MIDDLE,
        (
            Fault.RESET,
            Fault.HALF_CLOSE,
            Fault.EMPTY,
            Fault.HTML,
            Fault.TRUNCATED,
            Fault.OVERSIZED,
            Fault.WRONG_CLASS,
            Fault.DECISION_AS_TEXT,
            Fault.DECISION_OUT_OF_RANGE,
            Fault.STATUS_NULL,
            Fault.RAW_OBLIGATION,
            Fault.UNKNOWN_OBLIGATION,
            Fault.DUPLICATE_OBLIGATION,
            Fault.SAML_FAILURE,
            Fault.NO_XSI_TYPE,
            Fault.TWO_ASSERTIONS,
            Fault.ENTITY_BOMB,
        ),
    ),
    Failing("F10", "Deny", NEVER, (Fault.DENY, Fault.OBLIGATIONS_UNDER_DENY, Fault.FIRST_DENIES)),
    Failing("F11", "NotApplicable", NEVER, (Fault.NOT_APPLICABLE,)),
    Failing("F12", "Indeterminate", USUAL, (Fault.INDETERMINATE,)),
    Failing("F13", "Permit without obligation", USUAL, (Fault.NO_OBLIGATION,)),
    Failing(
        "F15",
        "an account of nobody",
        ("R", "x", "x"),
        (
            Fault.ACCOUNT_UNKNOWN,
            Fault.ACCOUNT_SHORTENED,
            Fault.SECONDARY_GROUP_UNKNOWN,
            Fault.ACCOUNT_ROOT,
            Fault.ACCOUNT_MINUS_ONE,
            Fault.ACCOUNT_OVERFLOW,
            Fault.ACCOUNTS_GONE,
            Fault.ACCOUNTS_UNREADABLE,
            Fault.NSS_MODULE_MISSING,
            Fault.GROUP_WITHOUT_VO,
        ),
    ),
    Failing(
        "F16",
        "pool exhausted",
        USUAL,
        (Fault.SERVICE_POOL_EXHAUSTED, Fault.POOL_EXHAUSTED),
        (Cause("unavailable", "pool-contended"),),
    ),
    Failing(
        "F17",
        "gridmapdir",
        USUAL,
        (Fault.LEASES_MISSING, Fault.LEASES_READ_ONLY, Fault.LEASES_FULL, Fault.LEASES_INCONSISTENT),
    ),
    Failing(
        "F19",
        "disk full",
        USUAL,
        (Fault.TMP_FULL, Fault.TMP_OUT_OF_INODES, Fault.TMP_READ_ONLY, Fault.HOME_FULL),
        (Cause("site", "no-folder"), Cause("site", "no-private-folder")),
    ),
    Failing(
        "F20",
        "no record",
        TRACE,
        (
            Fault.LOG_MISSING,
            Fault.LOG_DEAD,
            Fault.LOG_STUCK,
            Fault.LOG_STOPPED,
            Fault.LOG_DISK_FULL,
            Fault.LOG_FILE_FULL,
            Fault.LOG_FILE_READ_ONLY,
            Fault.REMOTE_LOG_DEAD,
        ),
    ),
    Failing(
        "F21",
        "configuration",
        USUAL,
        (
            Fault.NO_CONFIG,
            Fault.CONFIG_MALFORMED,
            Fault.CONFIG_UNKNOWN_KEY,
            Fault.CONFIG_CRLF,
            Fault.CONFIG_NUL,
            Fault.CONFIG_WORLD_WRITABLE,
            Fault.CONFIG_UNREADABLE,
            Fault.POLICY_MISSING,
            Fault.POLICY_MALFORMED,
            Fault.GRIDMAP_MISSING,
            Fault.GRIDMAP_MALFORMED,
            Fault.GROUPMAP_MISSING,
            Fault.BAN_LIST_MISSING,
        ),
        (Cause("unavailable", "names-unavailable"),),
    ),
    Failing("F22", "set-id bit lost", USUAL, (Fault.SET_ID_LOST, Fault.NOSUID), (Cause("site", "switch-failed"),)),
)

NO_FAULT = {
    Fault.NONE: "nothing is broken",
    Fault.CYRILLIC_ECHO: "the payload runs, and nobody notices",
    Fault.ARABIC_ECHO: "the payload runs, and nobody notices",
    Fault.FLAKY: "asked once more it answers",
    Fault.FIRST_SLOW: "the second endpoint answers (F25)",
    Fault.SPLIT_BRAIN: "the first endpoint's answer counts (F25)",
    Fault.HOME_CLOSED: "F34 has no triple",
    Fault.BUSY: "load has no triple (F26)",
}
"""Words of ours for which no triple is documented."""
RUNS = {
    Fault.FIRST_DOWN: "the second endpoint answers (F25)",
    Fault.CRL_MISSING: "LCMAPS misses no list, and the site's --crl-check is the usual one",
    Fault.HOME_FULL: "the switch writes nothing there",
    Fault.LOG_STOPPED: "what the kernel keeps for a log daemon counts as told; nobody can see that it is never read",
    Fault.LOG_DISK_FULL: "what the log daemon has taken counts as told; it says nothing of what it cannot write",
    Fault.REMOTE_LOG_DEAD: "the node's own log has the record",
}
"""Under these the payload runs all the same, and why nobody gets to ask question 4."""

_ONE_WORD = (
    "the modules have one reason, service-broken, for every answer that is none, so that a condition has to name it: "
    "the stricter of F08 and F09 for both"
)
_FINAL = (
    "the switch refuses it as it refuses a banned user: a denial, which nobody asks for again; not run all the same"
)
DIFFERS: Mapping[Fault, tuple[Triple, str]] = {
    **dict.fromkeys(
        (
            Fault.STATUS_204,
            Fault.STATUS_302,
            Fault.STATUS_401,
            Fault.STATUS_404,
            Fault.STATUS_500,
            Fault.STATUS_503,
            Fault.QUEUE_FULL,
        ),
        (MIDDLE, _ONE_WORD),
    ),
    Fault.NO_OBLIGATION: (MIDDLE, f"{_ONE_WORD}; F13 is an answer that is none, too"),
    Fault.HANG_IN_TLS: (USUAL, "silence in the handshake is service-silent: nobody has shown a wrong certificate"),
    **dict.fromkeys((Fault.ACCOUNT_ROOT, Fault.ACCOUNT_MINUS_ONE, Fault.ACCOUNT_OVERFLOW), (NEVER, _FINAL)),
}
"""What ours does otherwise with every service, and why."""
_NO_FILE = "a log-only program cannot write a log file of the site, so that is a mistake in glexec.conf (F21)"
HABITS: Mapping[tuple[Fault, Authority | Mode], tuple[Triple, str]] = {
    (Fault.LOG_FILE_FULL, Mode.LOG_ONLY): (USUAL, _NO_FILE),
    (Fault.LOG_FILE_READ_ONLY, Mode.LOG_ONLY): (USUAL, _NO_FILE),
    (Fault.ACCOUNTS_UNREADABLE, Mode.LOG_ONLY): (USUAL, "nobody was given an account: the caller is not known by name"),
    (Fault.NOT_APPLICABLE, Authority.SCAS): (
        USUAL,
        "the reference SCAS server says it as a SOAP fault, which any failure of its own is as well (source)",
    ),
}
"""What ours does otherwise with one service, or in one mode."""
