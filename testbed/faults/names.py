"""Faults of names: the worker node asks a name server that knows none, or that says nothing."""

from dataclasses import dataclass

from testbed.faults.reach import reaches, stuck
from testbed.lab.layout import NODE
from testbed.lab.world import World

LIMIT = 10.0
_RESOLVER, _KEPT, _PID = "/etc/resolv.conf", "/run/resolv.conf.kept", "/run/useless-nameserver.pid"
_START = f"""\
cp -p {_RESOLVER} {_KEPT}
python3 {NODE}/nameserver.py "$1" >{_PID}
echo nameserver 127.0.0.53 >{_RESOLVER}
"""
_STOP = f"""\
[ ! -s {_KEPT} ] || {{ cat {_KEPT} >{_RESOLVER}; touch -r {_KEPT} {_RESOLVER}; }}
[ ! -s {_PID} ] || kill -9 "$(cat {_PID})"
rm -f {_KEPT} {_PID}
"""
"""The engine has resolv.conf mounted, so that it is written anew and never moved."""


@dataclass(frozen=True, slots=True)
class Names:
    """The node's resolver is pointed to ``testbed/node/nameserver.py``."""

    kind: str
    """``unknown`` or ``silent``."""
    seen: str
    """What the node then sees of every service."""

    def inject(self, world: World) -> None:
        """Start the name server, and have the node ask it."""
        world.node.run(["sh", "-ec", _START, "sh", self.kind], limit=LIMIT).check()

    def felt(self, world: World) -> bool:
        """No name resolves, and in just this way."""
        return stuck(world, self.seen)

    def heal(self, world: World) -> None:
        """Point it back, and end the name server."""
        world.node.run(["sh", "-c", _STOP], limit=LIMIT).check()

    def healed(self, world: World) -> bool:
        """The node gets through."""
        return all(each == "done" for each in reaches(world))
