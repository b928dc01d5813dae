"""The guest's network: whether it has one, and the source ports that are its own."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from .failure import Failure
from .parts import IMAGE

PORTS = Path("/usr/lib/testbed/ports.so")
"""What keeps a guest's network to source ports of its own."""
NETWORK = IMAGE / "network"
"""The site's choice, in one word: none, which is meant where there is no such file, or user."""
OWN_PORTS = 64
"""Source ports of each machine that has a network."""


def chosen_network(asked: str | None) -> bool:
    """Whether there is to be a network: what was asked for, or else what the site has chosen."""
    if asked is None:
        try:
            asked = NETWORK.read_text().strip()
        except FileNotFoundError:
            asked = "none"
        except OSError as error:
            raise Failure("no-network", f"{NETWORK}: {error.strerror}", "let it be read, or take it away") from error
    if asked not in ("none", "user"):
        raise Failure("no-network", f"{NETWORK} says {asked[:20]!r}", "let it say none or user")
    return asked == "user"


@contextlib.contextmanager
def own_ports(network: bool) -> Iterator[tuple[int, int] | None]:
    """A range of source ports that no other machine of this node has as long as this goes on; none for no network.

    A name in the abstract name space stands for it: that is as wide as the ports are, and goes when we do.
    """
    if not network:
        yield None
        return
    if not PORTS.exists():
        raise Failure("no-network", f"there is no {PORTS}", "build the worker node's image again, or --network none")
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    with socket.socket(socket.AF_UNIX) as sign:
        for first in range(low, high - OWN_PORTS + 2, OWN_PORTS):
            with contextlib.suppress(OSError):
                sign.bind(f"\0testbed-vm-ports-{first}")
                yield first, first + OWN_PORTS - 1
                return
    raise Failure("no-network", f"all source ports from {low} to {high} are taken", "run fewer machines at once")


def kept_to(ports: tuple[int, int] | None) -> dict[str, str]:
    """The environment in which QEMU's sockets have these source ports."""
    return {"LD_PRELOAD": str(PORTS), "TESTBED_PORTS": f"{ports[0]}-{ports[1]}"} if ports else {}
