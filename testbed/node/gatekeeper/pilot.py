"""A single-user pilot, which the gatekeeper turns into."""

import json
import os

from ..common.memory import memory_file
from .account import Account, become

AGENT = ("/usr/bin/python3", "-I", "-S", "/usr/libexec/testbed/node/agent")


def become_pilot(account: Account, orders: bytes) -> None:
    """Turn into the pilot job of this user."""
    source = memory_file("orders", orders)
    os.dup2(source, 0)
    os.close(source)
    os.chdir("/")
    become(account)
    pilot = str(json.loads(orders)["pilot"])
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/", "PILOT_ID": pilot}
    os.execve(AGENT[0], [*AGENT, pilot], environment)
