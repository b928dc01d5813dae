"""Threats that are stated and not exploited: defects of kernels and hypervisors, which no configuration closes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stated:
    """One threat, and which modes it goes past."""

    number: str
    says: str
    reaches: str
    source: str


STATED = (
    Stated(
        "A80",
        "privilege escalation in the kernel that all share: Copy Fail CVE-2026-31431, Dirty Frag CVE-2026-43284, "
        "nf_tables CVE-2026-23111 and others in 2026 alone",
        "none, log-only, setuid and container alike; a virtual machine has a kernel of its own, and needs an escape",
        "advisories of OSG and EGI SVG, 2026",
    ),
    Stated(
        "A81",
        "set-id programs, glexec itself for one, changed in the page cache by such a defect",
        "none, log-only, setuid, container",
        "OSG-2026-04-30",
    ),
    Stated(
        "A82",
        "a set-id helper that starts containers: CVE-2018-19295, CVE-2018-12021, CVE-2019-11328, CVE-2023-30549",
        "containers by such a helper; ours need none: user namespaces, which OSG held for the lower risk in 2020",
        "OSG; Apptainer's release notes",
    ),
    Stated("A83", "escape from a virtual machine: KVM CVE-2026-53359 (nested)", "vm", "OSG-2026-07-07"),
    Stated("A84", "a confused deputy in AppArmor", "all modes on nodes with AppArmor", "OSG-2026-03-13"),
    Stated(
        "A85",
        "what a GPU keeps of the payload before, and its driver: CVE-2026-24187",
        "none, log-only, setuid, container; vm where the GPU is passed through",
        "OSG-2026-04-06, OSG-2026-05-18",
    ),
)
"""From the public advisories; none was tried here."""
