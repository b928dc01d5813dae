"""Who a XACML request is about: its attributes, in whichever profile's words, to a subject and a pilot."""

import re
from collections.abc import Iterable, Mapping, Sequence

from testbed.authority import dn, pem
from testbed.authority.face import Unreadable, Verify
from testbed.authority.party import Party
from testbed.authority.xacml import COMMON, GLITE, INTEROP, KEY_INFO, PILOT_JOB, SUBJECT_ID

Attributes = Mapping[str, Sequence[str]]
"""The values of each attribute by its identifier."""

MAX_LENGTH = 1024
"""Of a name or a FQAN: both are remembered by what looks them up."""
MAX_FQANS = 100
MAX_TOGETHER = 8192
"""Characters of all FQANs of one subject."""
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON can write."""
SUBJECT = INTEROP + "subject/"
CHAIN = (KEY_INFO, SUBJECT + "cert-chain")
NAME = (SUBJECT_ID, SUBJECT + "subject-x509-id")
ISSUER = (GLITE + "attribute/subject-issuer", SUBJECT + "subject-x509-issuer", COMMON + "attribute/subject-issuer")
PRIMARY_FQAN = (GLITE + "attribute/fqan/primary", SUBJECT + "voms-primary-fqan")
FQAN = (GLITE + "attribute/fqan", SUBJECT + "voms-fqan")


def subject(attributes: Attributes, verify: Verify) -> Party:
    """Whom a request is about. Raises `Unreadable` where it says so in no way, `Untrusted` for a chain not believed."""
    found = party(attributes, verify)
    if found is None:
        raise Unreadable("the subject has neither a certificate chain nor a name")
    return found


def pilot(environment: Attributes, verify: Verify) -> Party | None:
    """Who the environment says the pilot is: as of the profile (``pilot-job/``), or in the subject's own words."""
    plain = {
        SUBJECT + id.removeprefix(PILOT_JOB) if id.startswith(PILOT_JOB) else id: values
        for id, values in environment.items()
    }
    slip = plain.pop(SUBJECT + "subject-x509_-id", None)  # the C library of the profile writes it so
    if slip is not None:
        plain.setdefault(SUBJECT + "subject-x509-id", slip)
    return party(plain, verify)


def party(attributes: Attributes, verify: Verify) -> Party | None:
    """What a chain vouches for; without one what the request says, unverified; None where it says nothing.

    Beside a chain all other attributes are left alone: Argus and SCAS replace them by what they find in it.
    """
    chain = first(attributes, CHAIN)
    if chain is not None:
        return verify(pem.certificates(chain))
    name = first(attributes, NAME)
    if not name:
        return None
    return Party(slashed(name), slashed(first(attributes, ISSUER) or ""), _fqans(attributes))


def first(attributes: Attributes, ids: Sequence[str]) -> str | None:
    """The first value of the first of these attributes that is there."""
    return next((attributes[id][0] for id in ids if attributes.get(id)), None)


def only(attributes: Attributes, id: str) -> str:
    """The value of an attribute that has to have one value. Raises `Unreadable`."""
    values = attributes.get(id, ())
    if len(values) != 1:
        raise Unreadable(f"{len(values)} values of {id} where one is expected")
    return values[0]


def slashed(name: str) -> str:
    """A name in OpenSSL's form, empty where there is none. Raises `Unreadable`."""
    if name and (len(name) > MAX_LENGTH or _SURROGATE.search(name) or not dn.canonical(name)):
        raise Unreadable(f"{name[:200]!r} is no distinguished name")
    return dn.slashed(name) if name else ""


def checked(fqans: Iterable[str]) -> tuple[str, ...]:
    """FQANs as they are. Raises `Unreadable` for one that does not begin as a FQAN does."""
    found = tuple(fqans)
    if len(found) > MAX_FQANS:
        raise Unreadable(f"{len(found)} FQANs, more than {MAX_FQANS}")
    if sum(map(len, found)) > MAX_TOGETHER:
        raise Unreadable(f"FQANs of more than {MAX_TOGETHER} characters together")
    for fqan in found:
        if not (fqan.startswith("/") and fqan.isascii() and fqan.isprintable()) or len(fqan) > MAX_LENGTH:
            raise Unreadable(f"{fqan[:200]!r} is no FQAN")
    return found


def _fqans(attributes: Attributes) -> tuple[str, ...]:
    """The primary one first, each once: clients repeat it among the others (observed)."""
    ids = (*PRIMARY_FQAN, *FQAN)
    values = [value for id in ids for value in attributes.get(id, ())] or _groups(attributes)
    return checked(dict.fromkeys(values))


def _groups(attributes: Attributes) -> list[str]:
    """The EMI profile's groups and roles as FQANs; a role belongs to the primary group (our reading)."""
    groups = [value for id in ("group/primary", "group") for value in attributes.get(f"{COMMON}attribute/{id}", ())]
    role = first(attributes, (COMMON + "attribute/role/primary",))
    return [f"{groups[0]}/Role={role}", *groups] if role and groups else groups
