"""The pilot factory: starts pilots on worker nodes over ssh, and notes how each of them ended."""

import dataclasses
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from testbed.lab.result import Result
from testbed.lab.ssh import connect
from testbed.model.problem import Problem
from testbed.pilot.home import ROBOT, Home
from testbed.pilot.order import Node, Order, PilotEnd

AGENT = "/usr/libexec/testbed/node/agent.py"
CONNECT_LIMIT = 10.0
END_LIMIT = 10.0
"""Seconds that a pilot has, beyond its own limit, to end what it runs."""
LONGEST_LOG = 65536


class Line(Protocol):
    """A line to a worker node that one pilot is started over and lives with."""

    def run(self, command: Sequence[str], *, stdin: bytes, limit: float) -> Result: ...

    def close(self) -> None: ...


Reach = Callable[[Home, Node], Line]


def by_ssh(home: Home, node: Node) -> Line:
    """An ssh connection with the VO's key, the host key pinned."""
    return connect(
        node.address,
        port=node.port,
        user=node.account,
        key=home.folder / "ssh" / "id",
        host_key=home.host_key(node.name),
        limit=CONNECT_LIMIT,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """A pilot on its way."""

    order: Order
    line: Line
    end: PilotEnd


class Factory:
    """Sends pilots out. ``ended`` is called with the id of each pilot as soon as it is no longer there."""

    def __init__(self, home: Home, name: str, port: int, ended: Callable[[str], None], reach: Reach = by_ssh) -> None:
        self._home = home
        self._name = name
        self._port = port
        self._ended = ended
        self._reach = reach
        self._sent: dict[str, Sent] = {}
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()

    def start(self, order: Order) -> str:
        """Start one pilot; its id. A `Problem` when the worker node cannot be reached."""
        node = self._home.node(order.node)
        line = self._reach(self._home, node)
        with self._changed:
            pilot = f"pilot-{next(self._numbers)}"
            self._sent[pilot] = Sent(order, line, PilotEnd(pilot, ended=False))
        orders = self._orders(pilot, node, order)
        threading.Thread(target=self._watch, args=(pilot, orders), name=pilot, daemon=True).start()
        return pilot

    def order(self, pilot: str) -> Order:
        """What a pilot was sent out with."""
        return self._find(pilot).order

    def wait(self, pilot: str, limit: float) -> PilotEnd:
        """How a pilot ended, or that it had not after ``limit`` seconds."""
        until = time.monotonic() + limit
        with self._changed:
            while not self._find(pilot).end.ended and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return self._find(pilot).end

    def stop(self, pilot: str) -> None:
        """Hang up on a pilot, as a batch system does that takes its slot away."""
        self._find(pilot).line.close()

    def _find(self, pilot: str) -> Sent:
        if pilot not in self._sent:
            raise Problem("no such pilot", found=pilot, expected="an id that the factory gave")
        return self._sent[pilot]

    def _watch(self, pilot: str, orders: bytes) -> None:
        sent = self._sent[pilot]
        # The id stands in the command line and in the environment, where batch systems put the ids of their jobs.
        command = ["/usr/bin/env", f"PILOT_ID={pilot}", "/usr/bin/python3", AGENT, pilot]
        result = sent.line.run(command, stdin=orders, limit=sent.order.limit + END_LIMIT)
        sent.line.close()
        why = "" if result.code is not None else result.ending
        end = PilotEnd(pilot, True, result.code, result.err[-LONGEST_LOG:], why)
        self._ended(pilot)
        with self._changed:
            self._sent[pilot] = dataclasses.replace(sent, end=end)
            self._changed.notify_all()

    def _orders(self, pilot: str, node: Node, order: Order) -> bytes:
        """What the agent reads from its standard input; `testbed/node/agent.py` describes it."""
        return json.dumps(
            {
                **order.json(),
                "pilot": pilot,
                "vo": {"name": self._name, "address": _own_address(node), "port": self._port},
                "ca": self._home.authorities(),
                "proxy": self._home.proxy(ROBOT),
            }
        ).encode()


def _own_address(node: Node) -> str:
    """The address at which a worker node reaches this machine: the one we would send from. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((node.address, node.port))
        return str(probe.getsockname()[0])
