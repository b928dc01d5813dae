"""Identifiers that XACML requests and responses are made of, and the obligations of each profile.

Sources: OASIS XACML core; the profiles "grid worker node" 1.0 and "EMI common" 1.1 as Argus' documentation gives them;
"XACML attribute and obligation profile for authorization interoperability in grids" 1.1 (later OGF GFD.205).
"""

from dataclasses import dataclass

from testbed.authority.answer import Account, Decision

CORE = "urn:oasis:names:tc:xacml:1.0:"
SUBJECT_ID = CORE + "subject:subject-id"
KEY_INFO = CORE + "subject:key-info"
RESOURCE_ID = CORE + "resource:resource-id"
ACTION_ID = CORE + "action:action-id"
X500_NAME = CORE + "data-type:x500Name"
STATUS_OK = CORE + "status:ok"
PROCESSING_ERROR = CORE + "status:processing-error"

_SCHEMA = "http://www.w3.org/2001/XMLSchema#"
STRING = _SCHEMA + "string"
INTEGER = _SCHEMA + "integer"
ANY_URI = _SCHEMA + "anyURI"

GLITE = "http://glite.org/xacml/"
GRID_WN = GLITE + "profile/grid-wn/1.0"
FQAN_TYPE = GLITE + "datatype/fqan"
COMMON = "http://dci-sec.org/xacml/"
COMMON_AUTHZ = COMMON + "profile/common-authz/1.1"
INTEROP = "http://authz-interop.org/xacml/"
PILOT_JOB = INTEROP + "environment/pilot-job/"
OBLIGATIONS_SUPPORTED = INTEROP + "environment/pep-oblig-supported"
HOST_NAME = INTEROP + "resource/dns-host-name"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One attribute of an obligation."""

    id: str
    value: str
    type: str = STRING


@dataclass(frozen=True, slots=True)
class Obligation:
    """What the client has to do; ``on`` is the decision it belongs to."""

    id: str
    assignments: tuple[Assignment, ...] = ()
    on: Decision = Decision.PERMIT


def to_map(profile: str) -> Obligation:
    """The obligation to map that nobody has fulfilled: what reaches the client where Argus did not map."""
    return Obligation(
        COMMON + "obligation/map-local-user" if _common(profile) else GLITE + "obligation/local-environment-map"
    )


def mapped(profile: str, account: Account) -> tuple[Obligation, ...]:
    """An account in the words of a profile that an Argus request names; without one it is grid-wn's."""
    if profile.startswith(INTEROP):
        return interop(account)
    base = COMMON if _common(profile) else GLITE
    names = [("user-id", account.user), ("group-id/primary", account.group)]
    names += [("group-id", group) for group in (account.group, *account.groups)]
    assignments = tuple(Assignment(f"{base}attribute/{name}", value) for name, value in names)
    return (Obligation(to_map(profile).id + "/posix", assignments),)


def interop(account: Account, *, username: bool = True) -> tuple[Obligation, ...]:
    """An account in numbers: ``uidgid``, ``secondary-gids`` where there are any, and the name where it is wanted."""
    gids = tuple(_number("posix-gid", gid) for gid in account.gids)
    obligations = [
        Obligation(
            INTEROP + "obligation/uidgid", (_number("posix-uid", account.uid), _number("posix-gid", account.gid))
        )
    ]
    obligations += [Obligation(INTEROP + "obligation/secondary-gids", gids)] if gids else []
    obligations += [username_of(account.user)] if username else []
    return tuple(obligations)


def username_of(user: str) -> Obligation:
    """The name of an account, alone."""
    return Obligation(INTEROP + "obligation/username", (Assignment(INTEROP + "attribute/username", user),))


def _number(name: str, value: int) -> Assignment:
    return Assignment(f"{INTEROP}attribute/{name}", str(value), INTEGER)


def _common(profile: str) -> bool:
    return profile.startswith(COMMON)
