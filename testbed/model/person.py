"""The people of the test grid: who they are, in which VO, with which attributes."""

from collections.abc import Sequence
from dataclasses import dataclass

ISSUER = "/DC=org/DC=testbed/CN=Testbed CA"
"""Who issues everybody's certificate, as policies write it."""


@dataclass(frozen=True, slots=True)
class Credential:
    """One proxy that somebody can present.

    ``name`` is how scenarios ask for it (``alice``, ``alice-production``); ``fqans`` are the VOMS attributes in the
    order in which they are asserted, the primary one first; an empty tuple means a proxy without VOMS attributes.
    """

    name: str
    common_name: str
    vo: str
    fqans: tuple[str, ...]
    robot: bool = False

    @property
    def dn(self) -> str:
        """The name in the certificate of the test grid, as map files and ban files write it."""
        return f"/DC=org/DC=testbed/O=People/CN={self.common_name}"

    @property
    def file(self) -> str:
        """The file name of the proxy: ``alice-production.pem``."""
        return f"{self.name}.pem"


def cast(alpha: str = "alpha", beta: str = "beta", stranger: str = "gamma") -> tuple[Credential, ...]:
    """The usual cast: Alice and Bob of one VO, Carol of another, Dave of a VO that the site does not serve.

    Alice also holds the production role, and the first VO's robot runs the pilots.
    """
    return (
        Credential("alice", "Alice Archer", alpha, (f"/{alpha}",)),
        Credential("alice-production", "Alice Archer", alpha, (f"/{alpha}/Role=production", f"/{alpha}")),
        Credential("bob", "Bob Baker", alpha, (f"/{alpha}",)),
        Credential("carol", "Carol Carter", beta, (f"/{beta}",)),
        Credential("dave", "Dave Dyer", stranger, (f"/{stranger}",)),
        Credential("pilot", "Robot - pilot factory", alpha, (f"/{alpha}/Role=pilot", f"/{alpha}"), robot=True),
    )


def cast_for(vos: Sequence[str], stranger: str = "gamma") -> tuple[Credential, ...]:
    """The cast for a site that serves these VOs: Alice and Bob are of the first one, Carol of the second.

    Where the site serves one VO only, Carol is of a VO that it does not serve.
    """
    second = next(vo for vo in (*vos[1:], "beta", "alpha", "delta") if vo not in (vos[0], stranger))
    return cast(vos[0], second, stranger)


def long_form(fqan: str) -> str:
    """An FQAN as VOMS servers write it unless told otherwise, and as relying parties then compare it.

    >>> long_form("/alpha")
    '/alpha/Role=NULL/Capability=NULL'
    """
    role = "" if "/Role=" in fqan else "/Role=NULL"
    capability = "" if "/Capability=" in fqan else "/Capability=NULL"
    return fqan + role + capability
