"""Somebody as a credential or a request names them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Party:
    """A person, a pilot or a host: who they are, and what vouches for it.

    Names are in OpenSSL's form (``/DC=org/CN=Jane Doe``), whatever form they came in.
    """

    dn: str
    """The end entity's name: of a proxy its owner's."""
    issuer: str = ""
    """Who issued the end entity's certificate."""
    fqans: tuple[str, ...] = ()
    """VOMS attributes in the order in which they were asserted, the primary one first."""
    verified: bool = False
    """Whether a certificate chain was checked for all of this; else it is what the request says."""
    chain: tuple[bytes, ...] = ()
    """The certificates that came, DER, the one presented first; empty where none did."""

    @property
    def vo(self) -> str:
        """The VO of the primary attribute: ``alpha`` of ``/alpha/Role=pilot``; empty without attributes."""
        return self.fqans[0].split("/")[1] if self.fqans else ""
