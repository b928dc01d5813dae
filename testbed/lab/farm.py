"""More worker nodes beside a world's own: alike in all but their names, and gone with the block."""

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from testbed.lab import layout
from testbed.lab.engine import Spec
from testbed.lab.host import SshHost
from testbed.lab.layout import WORKER_NODE
from testbed.lab.run import Run
from testbed.lab.world import LeasedWorld, root_connection
from testbed.model.entry import tar

LIMIT = 10.0
_ADD = 'cp -p "$1" "$1.before" && printf "%s\\n" "$2" >>"$1"'
_PUT_BACK = '[ ! -e "$1.before" ] || mv "$1.before" "$1"'

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class FarmNode:
    """One worker node, by the name under which the VO's side knows it: nobody has had that name before."""

    name: str
    host: SshHost

    def reached(self, account: str) -> dict[str, str | int]:
        """How the VO's factory reaches it."""
        return {"name": self.name, "address": self.host.address, "account": account}


@contextlib.contextmanager
def farm(world: LeasedWorld, run: Run, image: str, many: int) -> Iterator[tuple[FarmNode, ...]]:
    """So many worker nodes, the world's own the first. They share its certificate and its host key."""
    names = _names(many)
    tree = tar(layout.worker_node(world.site, world.grid, WORKER_NODE))

    def started(name: str) -> SshHost:
        """One more node. What there is of it by then is gone with the block, also where the rest does not come."""
        spec = Spec(image, f"{world.network}-{name}", name, world.network, run.labels, tree)
        container = world.engine.start(spec)
        held.callback(container.stop)
        host = SshHost(name, root_connection(container, WORKER_NODE, world.grid))
        held.callback(host.close)
        return host

    with contextlib.ExitStack() as held:
        with ThreadPoolExecutor(max(1, many - 1)) as hands:  # left only when none of them is at work any more
            coming = [hands.submit(started, name) for name in names[1:]]
        others = [each.result() for each in coming]
        _pin(world, names)
        hosts = (world.node, *others)
        yield tuple(FarmNode(name, host) for name, host in zip(names, hosts, strict=True))


def renamed(world: LeasedWorld, nodes: Sequence[FarmNode]) -> tuple[FarmNode, ...]:
    """The same nodes under new names: the VO's side has learnt nothing of them yet."""
    names = _names(len(nodes))
    _pin(world, names)
    return tuple(FarmNode(name, node.host) for name, node in zip(names, nodes, strict=True))


def _names(many: int) -> list[str]:
    number = next(_numbers)
    return [f"farm-{number}-node-{index}" for index in range(1, many + 1)]


def _pin(world: LeasedWorld, names: list[str]) -> None:
    """Have the VO's side know these names by the one key."""
    key = world.grid.read(f"ssh/hosts/{WORKER_NODE}.pub").decode().strip()
    line = f"{','.join(names)} {key}"
    world.pilot.execute(["sh", "-c", 'printf "%s\\n" "$1" >>/vo/ssh/known_hosts', "sh", line], limit=LIMIT)


@contextlib.contextmanager
def gatekeepers(world: LeasedWorld, nodes: Sequence[FarmNode]) -> Iterator[None]:
    """Meanwhile the VO's key may call these nodes' gatekeepers as root, and do nothing else there."""
    line = layout.gatekeepers_key(world.grid).decode().strip()
    try:
        for node in nodes:
            node.host.run(["sh", "-c", _ADD, "sh", layout.ROOTS_KEYS, line], limit=LIMIT).check()
        yield
    finally:
        for node in nodes:
            node.host.run(["sh", "-c", _PUT_BACK, "sh", layout.ROOTS_KEYS], limit=LIMIT).check()
