"""What the tests of all faces ask and answer: the same people, the same account."""

from collections.abc import Sequence

from testbed.authority.answer import Account, Answer, Decision
from testbed.authority.face import Call
from testbed.authority.party import Party

ACCOUNT = Account("pool001", 12_001, "pool", 12_000, ("poolsec",), (12_100,))
PERMIT = Answer(Decision.PERMIT, ACCOUNT, mapping=True, reason="rule")
DENY = Answer(Decision.DENY, reason="banned", message="banned by the central policy")
NOT_APPLICABLE = Answer(Decision.NOT_APPLICABLE, reason="no-rule")
INDETERMINATE = Answer(Decision.INDETERMINATE, reason="broken", message="No PDP answered")
JANE = Party("/O=Grid/CN=Jane Doe", "/O=Grid/CN=Test CA", ("/atlas/Role=pilot", "/atlas"), True, (b"\1", b"\2"))
CHAIN = "".join(f"-----BEGIN CERTIFICATE-----\n{one}\n-----END CERTIFICATE-----\n" for one in ("AQ==", "Ag=="))
"""What `verify` takes: two certificates of one byte each."""


def verify(chain: Sequence[bytes]) -> Party:
    """Believes the one chain that is Jane's."""
    assert list(chain) == [b"\1", b"\2"], chain
    return JANE


def nobody_verifies(chain: Sequence[bytes]) -> Party:
    """For requests that must not lead to a chain."""
    raise AssertionError(f"a chain of {len(chain)}")


def post(body: bytes, path: str = "/", asker: Party | None = None, **headers: str) -> Call:
    """One POST."""
    return Call("POST", path, "", {key.replace("_", "-"): value for key, value in headers.items()}, body, asker)
