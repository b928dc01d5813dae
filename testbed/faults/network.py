"""Faults of the network: what runs between the worker node and a host of the authority disappears on that host."""

from dataclasses import dataclass

from testbed.faults.reach import reaches, stuck
from testbed.lab.world import World

LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class Filtered:
    """Packets are dropped by rules of iptables(8), which do not touch the control port; no one is told."""

    chain: str
    rules: tuple[str, ...]
    """In their order, what stands after ``iptables -A CHAIN``."""
    stage: str
    """Where a connection gets stuck: ``connect`` or ``tls``."""

    def inject(self, world: World) -> None:
        """Set the rules, in a chain of ours that the host's own leads to."""
        for host in world.authorities:
            lines = [f"-N {OURS}", *(f"-A {OURS} {rule}" for rule in self.rules), f"-I {self.chain} -j {OURS}"]
            host.container.execute(["sh", "-ec", "\n".join(f"iptables -w {line}" for line in lines)], limit=LIMIT)

    def felt(self, world: World) -> bool:
        """The node waits in vain, and at this stage."""
        return stuck(world, f"{self.stage} timed out")

    def heal(self, world: World) -> None:
        """Take the rules away, as far as they are there."""
        undo = f"iptables -w -D {self.chain} -j {OURS}; iptables -w -F {OURS}; iptables -w -X {OURS}; true"
        for host in world.authorities:
            host.container.execute(["sh", "-c", f"{{ {undo}; }} 2>/dev/null"], limit=LIMIT)

    def healed(self, world: World) -> bool:
        """The node gets through."""
        return all(each == "done" for each in reaches(world))


OURS = "BROKEN-ON-PURPOSE"
"""The chain."""


@dataclass(frozen=True, slots=True)
class Unplugged:
    """The only network interface of each host is down, and afterwards up again."""

    interface: str = "eth0"

    def inject(self, world: World) -> None:
        """Take it down."""
        self._set(world, "down")

    def felt(self, world: World) -> bool:
        """The node does not get a connection: silence, or no route once ARP has given up."""
        return stuck(world, "connect timed out", "connect No route to host")

    def heal(self, world: World) -> None:
        """Bring it up; its address, and with it the way to its own network, it has kept."""
        self._set(world, "up")

    def healed(self, world: World) -> bool:
        """The node gets through."""
        return all(each == "done" for each in reaches(world))

    def _set(self, world: World, state: str) -> None:
        for host in world.authorities:
            host.container.execute(["ip", "link", "set", "dev", self.interface, state], limit=LIMIT)
