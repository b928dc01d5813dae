"""The words of the switch for why it ran nothing, class by class: what conditions and clients can name."""

from collections.abc import Mapping

REASONS: Mapping[str, tuple[str, ...]] = {
    "caller": (
        "no-name",
        "no-credential",
        "credential-unusable",
        "credential-expired",
        "mode-unknown",
        "account-not-named",
        "command-unusable",
        "target-proxy-unwritable",
        "environment-too-large",
        "not-executable",
        "caller-left",
    ),
    "site": (
        "installation",
        "configuration",
        "policy-files",
        "lcmaps-broken",
        "no-resources",
        "no-folder",
        "no-private-folder",
        "no-tracking-gid",
        "switch-failed",
        "epilogue-failed",
    ),
    "denied": (
        "called-by-root",
        "caller-not-listed",
        "banned",
        "credential-refused",
        "not-mapped",
        "account-refused",
        "account-differs",
        "denied",
        "no-rule",
    ),
    "unavailable": (
        "timed-out",
        "pool-exhausted",
        "pool-contended",
        "leases-unusable",
        "map-unreadable",
        "crl-expired",
        "account-missing",
        "names-unavailable",
        "tracking-unknown",
        "service-unreachable",
        "service-untrusted",
        "service-silent",
        "service-broken",
    ),
    "undecided": ("service-undecided", "lcmaps-refused"),
    "untraceable": ("no-record",),
}
"""Each class with its reasons, as images/worker-node/glexec/cause.c has them; a test keeps the two alike."""

CLASS_OF: Mapping[str, str] = {reason: kind for kind, reasons in REASONS.items() for reason in reasons}
"""The class of each reason."""
