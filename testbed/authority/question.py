"""What a client asks, in the same words whatever protocol it came by."""

from dataclasses import dataclass, field

from testbed.authority.party import Party

WORKER_NODE = "http://authz-interop.org/xacml/resource/resource-type/wn"
EXECUTE = "http://glite.org/xacml/action/execute"
EXECUTE_NOW = "http://authz-interop.org/xacml/action/action-type/execute-now"


@dataclass(frozen=True, slots=True)
class Question:
    """May this subject do this to that?

    ``pilot`` is who the request names beside the subject, ``asker`` is who the TLS connection was made by; with glexec
    both are the pilot's proxy, and either may be missing.
    """

    face: str
    """By which protocol: ``argus``, ``scas``, ``gums``, ``rest``, ``authzen``."""
    subject: Party
    resource: str
    action: str
    pilot: Party | None = None
    asker: Party | None = None
    host: str = ""
    """The worker node that the request names (dns-host-name)."""
    profile: str = ""
    """The profile that an Argus request names (profile-id)."""
    supported: tuple[str, ...] = ()
    """The obligations that the client says it can fulfil; empty where the protocol does not ask for them."""
    raw: object = field(default=None, compare=False, repr=False)
    """The request as its face decoded it, for an answer that has to echo it."""
