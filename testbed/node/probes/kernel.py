"""Says which settings of the kernel decide about attacks on this node, as JSON: ``python3 - < kernel.py``.

A setting that this kernel has not is null. What is mounted where everybody may write is read as root of the node sees
it.
"""

import json
from pathlib import Path

SETTINGS = {
    "ptrace_scope": "kernel/yama/ptrace_scope",
    "protected_symlinks": "fs/protected_symlinks",
    "protected_hardlinks": "fs/protected_hardlinks",
    "protected_regular": "fs/protected_regular",
    "protected_fifos": "fs/protected_fifos",
    "suid_dumpable": "fs/suid_dumpable",
    "core_pattern": "kernel/core_pattern",
    "user_namespaces": "user/max_user_namespaces",
    "network_namespaces": "user/max_net_namespaces",
}
SHARED = ("/tmp", "/var/tmp", "/dev/shm")
"""Where everybody may write."""


def setting(path: str) -> int | str | None:
    """One setting; numbers as numbers."""
    try:
        text = (Path("/proc/sys") / path).read_text().strip()
    except OSError:
        return None
    return int(text) if text.lstrip("-").isdigit() else text


def mounts() -> dict[str, set[str]]:
    """Mount point -> its options, the last of those on one place."""
    found: dict[str, set[str]] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        words, _, rest = line.partition(" - ")
        fields = words.split()
        found[fields[4]] = {*fields[5].split(","), *rest.split()[2].split(",")}
    return found


def nosuid(place: str, mounted: dict[str, set[str]]) -> bool:
    """Whether set-id bits are ignored there: by the mount that holds it."""
    path = Path(place)
    holder = next(str(parent) for parent in (path, *path.parents) if str(parent) in mounted)
    return "nosuid" in mounted[holder]


def main() -> None:
    """Say it."""
    mounted = mounts()
    found: dict[str, object] = {name: setting(path) for name, path in SETTINGS.items()}
    found["hidepid"] = bool({"hidepid=2", "hidepid=invisible"} & mounted.get("/proc", set()))
    found["tmp_nosuid"] = all(nosuid(place, mounted) for place in SHARED)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
