"""Which class breaks what."""

from collections.abc import Mapping

from testbed.faults.config import NoConfig
from testbed.faults.fault import Breakage
from testbed.faults.names import Names
from testbed.faults.network import Filtered, Unplugged
from testbed.faults.node import NODE_FAULTS
from testbed.faults.revocation import Revocation
from testbed.faults.service import InService, Shortened, SplitBrain
from testbed.faults.signs import SIGNS
from testbed.model.fault import Fault

_SILENT = (
    Fault.HANG_BEFORE_ACCEPT,
    Fault.HANG_AFTER_ACCEPT,
    Fault.HANG_IN_TLS,
    Fault.HANG_IN_BODY,
    Fault.DRIBBLE,
)
_TO_SERVICE = "-p tcp -m multiport --dports 8154,8443 -j DROP"
_FROM_SERVICE = "-p tcp --tcp-flags SYN,RST NONE -m multiport --sports 8154,8443 -j DROP"
"""A connection is made with a SYN of either side: only what follows is dropped."""

FAULTS: Mapping[Fault, Breakage] = {
    Fault.NO_CONFIG: NoConfig(),
    **NODE_FAULTS,
    **{word: InService(word, silent=word in _SILENT) for word in SIGNS},
    Fault.ACCOUNT_SHORTENED: Shortened(),
    # One look of ours takes the first failure, the client's first try the second.
    Fault.FLAKY: InService(Fault.FLAKY, {"times": 2}, first_only=True),
    Fault.CRL_STALE: Revocation(stale=True, seen="tls verify 12"),
    Fault.CRL_MISSING: Revocation(stale=False, seen="tls verify 3"),
    Fault.SYN_DROPPED: Filtered("INPUT", (_TO_SERVICE,), "connect"),
    Fault.ANSWERS_DROPPED: Filtered("OUTPUT", (_FROM_SERVICE,), "tls"),
    Fault.LINK_DOWN: Unplugged(),
    Fault.NAME_UNKNOWN: Names("unknown", "resolve unknown"),
    Fault.NAME_SLOW: Names("silent", "resolve timed out"),
    Fault.FIRST_DOWN: InService(Fault.REFUSED, first_only=True),
    Fault.FIRST_DENIES: InService(Fault.DENY, first_only=True),
    Fault.FIRST_SLOW: InService(Fault.HANG_AFTER_ACCEPT, first_only=True, silent=True),
    Fault.SPLIT_BRAIN: SplitBrain(),
}
"""Every fault but ``none``."""
