"""The pilot factory: starts pilots on worker nodes over ssh, and notes how each of them ended."""

import dataclasses
import json
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from testbed.lab.layout import GATEKEEPER, NODE, PYTHON
from testbed.lab.result import Result
from testbed.pilot.home import Home
from testbed.pilot.order import Node, Order, PilotEnd
from testbed.pilot.own_proxies import Given, OwnProxies

AGENT = f"{NODE}/agent"
CONNECT_LIMIT = 10.0
END_LIMIT = 10.0
"""Seconds that a pilot has, beyond its own limit, to end what it runs."""
LONGEST_LOG = 65536
MOST = 4 << 20
"""Bytes that are kept of each stream of a worker node's: the end of a job has two of 1 MiB in base64."""


class Line(Protocol):
    """A line to a worker node that one pilot is started over and lives with."""

    def run(self, command: Sequence[str], *, stdin: bytes, limit: float) -> Result: ...

    def close(self) -> None: ...


Reach = Callable[[Home, Node], Line]


def by_ssh(home: Home, node: Node) -> Line:
    """An ssh connection with the VO's key, the host key pinned."""
    from testbed.lab.ssh import connect  # it takes longer to load than a VO takes to be ready

    return connect(
        node.address,
        port=node.port,
        user=node.account,
        key=home.folder / "ssh" / "id",
        host_key=home.host_key(node.name),
        limit=CONNECT_LIMIT,
        most=MOST,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """A pilot on its way."""

    order: Order
    line: Line


class Factory:
    """Sends pilots out. ``ended`` is told how each of them ended, as soon as it has, by a thread of the factory's."""

    def __init__(
        self,
        home: Home,
        name: str,
        port: int,
        own: OwnProxies,
        ended: Callable[[PilotEnd], None],
        reach: Reach = by_ssh,
    ) -> None:
        self._home = home
        self._own = own
        self._name = name
        self._port = port
        self._ended = ended
        self._reach = reach
        self._sent: dict[str, Sent] = {}

    def reach(self, order: Order) -> Line:
        """A line to the worker node of an order. A `Problem` when it cannot be reached."""
        return self._reach(self._home, self._home.node(order.node))

    def start(self, pilot: str, order: Order, line: Line, *, owner: str = "", slots: int = 1) -> None:
        """Start one pilot over its line; with an owner, as that user by the node's gatekeeper."""
        given = self._own.give(pilot, order, owner)
        orders = self._orders(pilot, self._home.node(order.node), order, given, slots)
        # The id stands in the command line and in the environment, where batch systems put the ids of their jobs.
        command = ["/usr/bin/env", f"PILOT_ID={pilot}", *PYTHON, AGENT, pilot]
        if owner:
            command, orders = [*GATEKEEPER], {"proxy": given.pem, "orders": orders}
        self._begin(pilot, Sent(order, line), command, orders)

    def start_job(
        self, pilot: str, order: Order, line: Line, job: Mapping[str, Any], done: Callable[[Result], None]
    ) -> None:
        """Have the node's gatekeeper run one payload; ``done`` is told the result before the end is."""
        self._begin(pilot, Sent(order, line), GATEKEEPER, job, done)

    def stop(self, pilot: str) -> None:
        """Hang up on a pilot, as a batch system does that takes its slot away."""
        if sent := self._sent.get(pilot):  # a thread may take it away meanwhile
            sent.line.close()

    def _begin(
        self,
        pilot: str,
        sent: Sent,
        command: Sequence[str],
        said: Mapping[str, Any],
        done: Callable[[Result], None] = lambda result: None,
    ) -> None:
        stdin = json.dumps(said).encode()
        thread = threading.Thread(target=self._watch, args=(pilot, sent, command, stdin, done), name=pilot, daemon=True)
        self._sent[pilot] = sent
        try:
            thread.start()
        except RuntimeError:
            del self._sent[pilot]
            raise

    def _watch(
        self, pilot: str, sent: Sent, command: Sequence[str], said: bytes, done: Callable[[Result], None]
    ) -> None:
        try:
            result = sent.line.run(command, stdin=said, limit=sent.order.limit + END_LIMIT)
            done(result)
            why = "" if result.code is not None else result.ending
            end = PilotEnd(pilot, True, result.code, result.err[-LONGEST_LOG:], why)
        except Exception as error:  # whatever it is: nobody watches this pilot any more
            end = PilotEnd(pilot, True, why=f"its line failed: {type(error).__name__}: {error}")
        sent.line.close()
        del self._sent[pilot]
        self._ended(end)

    def _orders(self, pilot: str, node: Node, order: Order, given: Given, slots: int) -> dict[str, Any]:
        """What the agent reads from its standard input; `testbed/node/agent` describes it."""
        return {
            **order.json(),
            "pilot": pilot,
            "vo": {"name": self._name, "address": _own_address(node), "port": self._port},
            "ca": self._home.authorities(),
            "proxy": given.pem,
            "proxy_seconds": given.seconds,
            "slots": slots,
        }


def _own_address(node: Node) -> str:
    """The address at which a worker node reaches this machine: the one we would send from. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((node.address, node.port))
        return str(probe.getsockname()[0])
