"""What each fault of the authority comes to on the worker node: why nothing runs, or that the payload runs after all.

The switch has one exit code for "no" and for "no answer", 203 (Nikhef wiki, Exit codes of gLExec: banned, SCAS not
running, cable unplugged). The causes that stand here are what our switch and our modules tell beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from testbed.model.cell import Authority, Cell
from testbed.model.effect import Cause
from testbed.model.fault import Fault

SERVICES = (Authority.ARGUS, Authority.SCAS, Authority.GUMS)
"""The authorities that are asked over the network."""
OVERHEAD = 2.0
"""Seconds that a call may take beside all waiting: the switch, LCMAPS, a busy machine. Usual is a tenth of one."""
TRIES = {Authority.ARGUS: 1, Authority.SCAS: 2, Authority.GUMS: 2}
"""How often one endpoint is asked that gives no answer (SCAS client: an error is tried once more; c-pep: once)."""
UNTOLD = ("unavailable", "undecided")
"""The classes of causes that are no decision: what question 4 of a site is about."""


class Waits(StrEnum):
    """Whose time limit a call sits out."""

    NEVER = "never"
    FIRST = "first"
    """That of the first endpoint; the second answers."""
    EVERY = "every"
    """That of every endpoint."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What one fault comes to. Each service's own habits stand beside what holds for all."""

    fault: Fault
    cause: Cause | None
    """Why nothing runs; ``None``: the payload runs, and nobody notices."""
    source: str
    waits: Waits = Waits.NEVER
    endpoints: int = 1
    """How many endpoints a site must have for it."""
    meant: tuple[Authority, ...] = SERVICES
    """The services that can have it."""
    because: str = ""
    """Why the others cannot."""
    habits: Mapping[Authority, Cause] = field(default_factory=dict)
    """Where a service's own way of saying the same is understood as something else."""

    def cause_with(self, authority: Authority) -> Cause | None:
        """Why nothing runs with this service; ``None``: the payload runs."""
        return self.habits.get(authority, self.cause)

    def bound(self, authority: Authority, limit: float, endpoints: int) -> float:
        """The seconds within which a call has ended: ``limit`` is the modules' ``--timeout`` for one try."""
        waited = {Waits.NEVER: 0, Waits.FIRST: 1, Waits.EVERY: endpoints}[self.waits]
        return waited * TRIES[authority] * limit + OVERHEAD


CONFIGURATION = Cause("site", "configuration")
UNREACHABLE = Cause("unavailable", "service-unreachable")
UNTRUSTED = Cause("unavailable", "service-untrusted")
SILENT = Cause("unavailable", "service-silent")
BROKEN = Cause("unavailable", "service-broken")
UNDECIDED = Cause("undecided", "service-undecided")
DENIED = Cause("denied", "denied")
NO_RULE = Cause("denied", "no-rule")
MISSING = Cause("unavailable", "account-missing")
REFUSED = Cause("denied", "account-refused")

_ARGUS = (Authority.ARGUS,)
_SAML = (Authority.SCAS, Authority.GUMS)
_HESSIAN_ONLY = "the answer is SAML and XACML, which has no such part"
_SAML_ONLY = "the answer is Hessian, which has no such part"
_CLOSED = "our choice: only a complete and well-formed Permit counts"
_OLD_CLIENT = "our choice; the real Argus client 2.3.1 as observed"
_OLD_LIBRARY = "our choice; the reference SAML2-XACML2 library of 2009 as observed"


def _each(*faults: Fault, cause: Cause | None, source: str, waits: Waits = Waits.NEVER) -> list[Consequence]:
    return [Consequence(fault, cause, source, waits) for fault in faults]


_ALL: list[Consequence] = [
    *_each(
        Fault.REFUSED,
        cause=UNREACHABLE,
        source="Nikhef wiki, Exit codes of gLExec: SCAS not running; the cause: our choice",
    ),
    Consequence(
        Fault.LINK_DOWN,
        UNREACHABLE,
        "Nikhef wiki, Exit codes of gLExec: cable unplugged; the cause: our choice",
        Waits.EVERY,
    ),
    Consequence(
        Fault.SYN_DROPPED,
        UNREACHABLE,
        "libcurl: one limit for the whole transfer, names and connection included (CURLOPT_TIMEOUT)",
        Waits.EVERY,
    ),
    *_each(
        Fault.HANG_BEFORE_ACCEPT,
        Fault.HANG_AFTER_ACCEPT,
        Fault.HANG_IN_TLS,
        Fault.HANG_IN_BODY,
        Fault.DRIBBLE,
        Fault.ANSWERS_DROPPED,
        cause=SILENT,
        source="the Argus client's one total limit cuts hangs and dribbles alike (observed); the cause: our choice",
        waits=Waits.EVERY,
    ),
    *_each(
        Fault.RESET,
        Fault.HALF_CLOSE,
        Fault.EMPTY,
        Fault.HTML,
        cause=BROKEN,
        source="an error of both old clients (observed); the cause: our choice",
    ),
    *_each(
        Fault.STATUS_204,
        Fault.STATUS_302,
        Fault.STATUS_401,
        Fault.STATUS_404,
        Fault.STATUS_500,
        Fault.STATUS_503,
        Fault.QUEUE_FULL,
        cause=BROKEN,
        source="the Argus client takes 200 only, and the body of nothing else (observed)",
    ),
    *_each(Fault.TRUNCATED, cause=BROKEN, source=f"{_CLOSED}; the Argus client takes many cut Permits (observed)"),
    *_each(Fault.OVERSIZED, cause=BROKEN, source="our choice: a response has 1 MiB at most"),
    Consequence(Fault.WRONG_CLASS, BROKEN, _OLD_CLIENT, meant=_ARGUS, because=_HESSIAN_ONLY),
    Consequence(Fault.DECISION_AS_TEXT, BROKEN, _OLD_CLIENT, meant=_ARGUS, because=_HESSIAN_ONLY),
    *_each(Fault.DECISION_OUT_OF_RANGE, cause=BROKEN, source=_OLD_CLIENT),
    *_each(Fault.STATUS_NULL, cause=BROKEN, source=f"{_CLOSED}; both old clients crash (observed)"),
    *_each(Fault.NO_OBLIGATION, cause=BROKEN, source=f"{_CLOSED}; a success for the Argus client (observed)"),
    Consequence(
        Fault.RAW_OBLIGATION,
        BROKEN,
        "our choice: nobody maps here; pepcli says that the caller must map (observed)",
        meant=_ARGUS,
        because="only an Argus policy names an obligation that is still to be fulfilled",
    ),
    *_each(
        Fault.UNKNOWN_OBLIGATION,
        cause=BROKEN,
        source="authz-interop profile, as both client libraries have it: an unknown obligation means refuse",
    ),
    *_each(Fault.DUPLICATE_OBLIGATION, cause=BROKEN, source=_CLOSED),
    *_each(
        Fault.OBLIGATIONS_UNDER_DENY,
        cause=DENIED,
        source="the decision decides; the library of 2009 runs the obligations of a Deny (observed)",
    ),
    Consequence(Fault.SAML_FAILURE, BROKEN, _OLD_LIBRARY, meant=_SAML, because=_SAML_ONLY),
    Consequence(Fault.NO_XSI_TYPE, BROKEN, _OLD_LIBRARY, meant=_SAML, because=_SAML_ONLY),
    Consequence(Fault.TWO_ASSERTIONS, BROKEN, _CLOSED, meant=_SAML, because=_SAML_ONLY),
    Consequence(Fault.ENTITY_BOMB, BROKEN, "our choice: no DTD is read", meant=_SAML, because=_SAML_ONLY),
    *_each(
        Fault.CYRILLIC_ECHO,
        Fault.ARABIC_ECHO,
        cause=None,
        source="UTF-8; the Argus client fails on U+0400 to U+07FF even under a Permit (observed)",
    ),
    *_each(Fault.INDETERMINATE, cause=UNDECIDED, source="XACML 2.0; Argus: every internal failure is Indeterminate"),
    Consequence(
        Fault.NOT_APPLICABLE,
        NO_RULE,
        "XACML 2.0; the reference SAML2-XACML2 server answers it with a SOAP fault, GUMS with Deny (source)",
        habits={Authority.SCAS: UNDECIDED, Authority.GUMS: DENIED},
    ),
    *_each(Fault.DENY, cause=DENIED, source="XACML 2.0"),
    *_each(
        Fault.ACCOUNT_UNKNOWN,
        Fault.ACCOUNT_SHORTENED,
        cause=MISSING,
        source="Nikhef wiki, Exit codes of gLExec: the mapped account is missing in passwd",
    ),
    Consequence(
        Fault.SECONDARY_GROUP_UNKNOWN,
        MISSING,
        "our choice; the Argus client drops all secondary groups in silence (observed)",
        meant=(Authority.ARGUS, Authority.SCAS),
        because="GUMS names the account, and the node's own files its groups",
    ),
    *_each(
        Fault.ACCOUNT_ROOT,
        Fault.ACCOUNT_MINUS_ONE,
        Fault.ACCOUNT_OVERFLOW,
        cause=REFUSED,
        source="our choice: root, -1 and what does not fit are nobody's to have; CVE-2019-14287",
    ),
    *_each(
        Fault.SERVICE_POOL_EXHAUSTED,
        cause=UNDECIDED,
        source="Argus: a mapping that fails is Indeterminate, processing-error (observed in source)",
    ),
    *_each(Fault.FLAKY, cause=None, source="SCAS client: an error is tried once more; then the next endpoint is asked"),
    *_each(
        Fault.TLS_EXPIRED,
        Fault.TLS_NOT_YET_VALID,
        Fault.TLS_WRONG_NAME,
        Fault.TLS_UNKNOWN_CA,
        Fault.TLS_SELF_SIGNED,
        cause=UNTRUSTED,
        source="RFC 5280 and RFC 6125; the Argus client checks chain and name unless told otherwise (observed)",
    ),
    *_each(Fault.TLS_OLD_PROTOCOL, cause=UNTRUSTED, source="RFC 8996: TLS 1.0 and 1.1 are not to be used"),
    *_each(
        Fault.TLS_CLIENT_REFUSED,
        cause=UNTRUSTED,
        source="RFC 8446: under TLS 1.3 the client learns of it after the handshake",
    ),
    *_each(
        Fault.CRL_STALE,
        cause=Cause("unavailable", "crl-expired"),
        source="LCMAPS' verify-proxy comes first, and refuses a list that is too old (observed)",
    ),
    *_each(
        Fault.CRL_MISSING,
        cause=None,
        source="LCMAPS' verify-proxy misses no list (observed); our modules as --crl-check if-present, the usual one",
    ),
    *_each(
        Fault.NAME_UNKNOWN,
        cause=UNREACHABLE,
        source="our choice: a name that nobody knows is a service that cannot be reached",
    ),
    Consequence(Fault.NAME_SLOW, UNREACHABLE, "our choice: one limit for all, names included", Waits.EVERY),
    Consequence(
        Fault.FIRST_DOWN,
        None,
        "c-pep and SCAS client: the endpoints are asked in the order given, an error goes to the next",
        endpoints=2,
    ),
    Consequence(
        Fault.FIRST_DENIES,
        DENIED,
        "SCAS client: who is banned at one endpoint fails at once; c-pep: a decision ends the search",
        endpoints=2,
    ),
    Consequence(
        Fault.FIRST_SLOW,
        None,
        "c-pep and SCAS client: a silent endpoint costs its time limit, then the next is asked",
        Waits.FIRST,
        endpoints=2,
    ),
    Consequence(
        Fault.SPLIT_BRAIN, None, "c-pep and SCAS client: the first answer counts, whoever would differ", endpoints=2
    ),
]

CONSEQUENCES: Mapping[Fault, Consequence] = {each.fault: each for each in _ALL}
"""Every fault of the authority; not ``none``, and not what is broken on the node alone."""


def meant(cell: Cell) -> bool:
    """Whether the cell's authority can have the cell's fault, as far as that is one of an authority."""
    consequence = CONSEQUENCES.get(cell.fault)
    return consequence is None or cell.authority in consequence.meant
