"""The system call filter of worker nodes with user namespaces: Docker's default and what is listed here."""

import hashlib
import json
from typing import Any

from testbed.lab.namespaces import FILTER

DEFAULT = "33207991a16d8ac3c779c6fcdb0fc5c8ed41e8580d0110529039753d0db5046d"
"""SHA-256 of profiles/seccomp/default.json of moby 26.1.5 (Debian's docker.io 26.1.5+dfsg1), as sorted JSON."""
OURS = "glexec-testbed, for mode container: "


def rules() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The filter without our rules, and our rules."""
    whole = json.loads(FILTER.read_text())
    ours = [rule for rule in whole["syscalls"] if rule.get("comment", "").startswith(OURS)]
    return {**whole, "syscalls": [rule for rule in whole["syscalls"] if rule not in ours]}, ours


def test_without_our_rules_it_is_dockers_default() -> None:
    rest, _ = rules()
    assert hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest() == DEFAULT


def test_each_of_our_rules_lets_one_call_through_and_says_why() -> None:
    _, ours = rules()
    names = [name for rule in ours for name in rule["names"]]
    assert names == ["clone", "unshare", "mount", "umount2", "pivot_root", "sethostname"]
    assert all(set(rule) == {"names", "action", "comment"} and rule["action"] == "SCMP_ACT_ALLOW" for rule in ours)
    assert all(len(rule["comment"].removeprefix(OURS)) > 40 for rule in ours)
