"""Does an ordinary account become another one through a set-id-root program, as it does through the switch?"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ORDINARY, OTHER = 65534, 40099


def become(uid: int) -> list[str]:
    """The arguments that make setpriv(1) become an account for good."""
    return [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]


program = Path(sys.argv[1]) / "set-id-trial"
shutil.copyfile("/usr/bin/setpriv", program)
program.chmod(0o6755)
command = ["setpriv", *become(ORDINARY), str(program), *become(OTHER), "id", "-u"]
done = subprocess.run(command, capture_output=True, text=True, timeout=5)
found = {
    "from": str(ORDINARY),
    "wanted": str(OTHER),
    "became": done.stdout.strip(),
    "error": done.stderr.strip(),
    "status": Path("/proc/self/status").read_text(),
    "mounts": Path("/proc/self/mountinfo").read_text(),
}
print(json.dumps(found))
