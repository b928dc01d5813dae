"""What a call of the switch came to, by the handshake, the cause that it tells, its exit code, and a canary."""

import re
from dataclasses import dataclass

DENIED, MISUSED, INTERNAL, AMBIGUOUS, PAYLOAD, TRACELESS = FAILURES = (
    "denied",
    "misused",
    "internal",
    "ambiguous",
    "payload",
    "traceless",
)
"""The classes D, M, E, A, P, T of docs/policy.md, as testbed/model/failure.py has them; a test keeps both alike."""
PASSED, FAILED, REFUSED = "passed", "failed", "denied"
"""How a canary can go."""
REASONS = {
    "caller": "no-name no-credential credential-unusable credential-expired mode-unknown account-not-named "
    "command-unusable target-proxy-unwritable environment-too-large not-executable caller-left",
    "site": "installation configuration policy-files lcmaps-broken no-resources no-folder no-private-folder "
    "no-tracking-gid switch-failed epilogue-failed",
    "denied": "called-by-root caller-not-listed banned credential-refused not-mapped account-refused account-differs "
    "denied no-rule",
    "unavailable": "timed-out pool-exhausted pool-contended leases-unusable map-unreadable crl-expired "
    "account-missing names-unavailable tracking-unknown service-unreachable service-untrusted service-silent "
    "service-broken",
    "undecided": "service-undecided lcmaps-refused",
    "untraceable": "no-record",
}
"""The words of the switch for why it ran nothing, class by class."""
CLASS_OF = {reason: kind for kind, reasons in REASONS.items() for reason in reasons.split()}
OF_KIND = {
    "denied": DENIED,
    "caller": MISUSED,
    "site": INTERNAL,
    "unavailable": INTERNAL,
    "undecided": INTERNAL,
    "untraceable": TRACELESS,
}
OF_CODE = {None: INTERNAL, 201: MISUSED, 202: INTERNAL}
"""Where no cause is told. No code at all is a call that never ended: the time limit stands for "no decision"."""
PERHAPS_NO = "lcmaps-refused"
"""LCMAPS refused and did not say why: that may well have been a decision."""
CAUSE = re.compile(r"^\[gLExec\]: cause class=(\S+) reason=(\S+) code=(126|20[123])\n\Z", re.MULTILINE)
"""Where the site has it told (report_cause), why the switch refused: the last line of its standard error. It ends with
such a code itself; whoever wrote that line before ending the payload's shell would leave another one."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the switch ran nothing, in its own words."""

    kind: str
    reason: str


def told(err: str, code: int | None) -> Cause | None:
    """The cause in the last line of standard error. A line that contradicts the exit code, or itself, tells nothing."""
    found = CAUSE.search(err)
    if not found or found[3] != str(code) or CLASS_OF.get(found[2]) != found[1]:
        return None
    return Cause(found[1], found[2])


def classify(started: bool, code: int | None, err: str, canary: str = "") -> str:
    """The class of a call: the handshake counts first, then the cause, then the code, then the canary."""
    if started:
        return PAYLOAD
    cause = told(err, code)
    if cause and cause.reason != PERHAPS_NO:
        return OF_KIND[cause.kind]
    found = AMBIGUOUS if cause else OF_CODE.get(code, AMBIGUOUS)
    if found == AMBIGUOUS and canary:
        return INTERNAL if canary == FAILED else DENIED
    return found


def canary_of(code: int | None, err: str) -> str:
    """What the harmless call with the pilot's own credential says."""
    if code == 0:
        return PASSED
    return REFUSED if classify(False, code, err) in (DENIED, MISUSED) else FAILED
