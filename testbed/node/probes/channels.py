"""Attacks by what processes talk to each other with: shared memory of System V, message queues of POSIX, sockets."""

import socket
from collections.abc import Callable, Mapping

from testbed.node.probes.finding import Finding, Target, blocked, succeeded
from testbed.node.probes.mqueue import take
from testbed.node.probes.sysv import read
from testbed.node.probes.sysv import take as take_of_key

PATIENCE = 5.0
"""Seconds for a service to answer; usual is a thousandth of one."""


def segment(target: Target) -> Finding:
    """Attach the segment of a ``key``, and look into it."""
    found = read(int(str(target["key"])))
    if str(target["marker"]).encode() in found:
        return succeeded(f"segment {target['key']} holds the secret")
    return blocked(f"segment {target['key']} is there, but holds nothing of the victim's")


def queue(target: Target) -> Finding:
    """Open the queue of a ``name``, and take its first message."""
    if str(target["marker"]).encode() in take(str(target["name"])):
        return succeeded(f"the first message of the queue {target['name']} is the secret")
    return blocked(f"the queue {target['name']} is there, but its first message is not the victim's")


def messages(target: Target) -> Finding:
    """Take the first message out of the System V queue of a ``key``."""
    if str(target["marker"]).encode() in take_of_key(int(str(target["key"]))):
        return succeeded(f"the first message of queue {target['key']} is the secret")
    return blocked(f"queue {target['key']} is there, but its first message is not the victim's")


def abstract(target: Target) -> Finding:
    """Connect to an abstract socket, ``name``, and be served."""
    with socket.socket(socket.AF_UNIX) as plug:
        plug.settimeout(PATIENCE)
        plug.connect(f"\0{target['name']}")
        return served(plug, target)


def loopback(target: Target) -> Finding:
    """Connect to a ``port`` of this machine, and be served."""
    with socket.create_connection(("127.0.0.1", int(str(target["port"]))), PATIENCE) as plug:
        return served(plug, target)


def served(plug: socket.socket, target: Target) -> Finding:
    """Whether the service does for us what it should do for its own only: say its secret."""
    try:
        plug.sendall(b"a job\n")
        said = plug.recv(4096)
    except (BrokenPipeError, ConnectionResetError):
        said = b""
    if str(target["marker"]).encode() in said:
        return succeeded("connected, and was served")
    return blocked(f"connected, but was not served: it said {said[:100]!r}")


KINDS: Mapping[str, Callable[[Target], Finding]] = {
    "segment": segment,
    "queue": queue,
    "messages": messages,
    "abstract": abstract,
    "loopback": loopback,
}
"""Each has {"marker"}."""
