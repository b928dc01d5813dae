"""What a machine is made of: QEMU and the image, both of the worker node's."""

import os
import shutil
from pathlib import Path

from .failure import Failure

QEMU = "qemu-system-x86_64"
IMAGE = Path("/usr/lib/testbed/vm")


def check_parts() -> None:
    for program in (QEMU, "setpriv"):
        if not shutil.which(program):
            cause = f"there is no {program} on this worker node"
            raise Failure("parts", cause, "install qemu-system-x86 and util-linux")
    for part in ("vmlinuz", "initrd"):
        if not os.access(IMAGE / part, os.R_OK):
            raise Failure("parts", f"{IMAGE / part} cannot be read", "build the worker node's image again")
