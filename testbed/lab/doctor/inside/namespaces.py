"""May an ordinary account make a user namespace here, and mount a fresh /proc in it?"""

import json
import os
import subprocess
from pathlib import Path

LIMITS = (
    "user/max_user_namespaces",
    "kernel/unprivileged_userns_clone",
    "kernel/apparmor_restrict_unprivileged_userns",
)
ORDINARY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []


def refusal(*options: str) -> str:
    """Why unshare(1) failed; empty when it did not."""
    command = [*ORDINARY, "unshare", "--user", "--map-root-user", *options, "true"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=5)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit code {done.returncode}"


settings = [Path("/proc/sys") / limit for limit in LIMITS]
found = {
    "user": refusal(),
    "proc": refusal("--pid", "--fork", "--mount-proc"),
    "limits": {str(path.relative_to("/proc/sys")): path.read_text().strip() for path in settings if path.exists()},
}
print(json.dumps(found))
