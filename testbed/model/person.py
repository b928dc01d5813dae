"""The people of the test grid: who they are, in which VO, with which attributes."""

from dataclasses import dataclass


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
