"""The running service: its ports, what is broken in it just now, and how it comes back to clean."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from testbed.authority import silence
from testbed.authority.breakage import Breakage, Breaker, Stage
from testbed.authority.conversation import Conversations, told
from testbed.authority.desk import Desk
from testbed.authority.listener import Listener, Room
from testbed.authority.log import Log
from testbed.authority.settings import Settings
from testbed.authority.tls import Contexts
from testbed.model.fault import Fault
from testbed.model.problem import Problem

END = 0.5
"""Seconds in which everything has to be over once it is to end."""


@dataclass(frozen=True, slots=True)
class Door:
    """What is special about one of the faces' ports."""

    secure: bool = True
    asks: bool = True
    """Whether clients have to prove themselves, where the settings say so."""


DOORS: Mapping[str, Door] = {
    "argus": Door(),
    "grid": Door(),
    "rest": Door(asks=False),
    "plain": Door(secure=False),
}
"""The ports of the faces, by their names in `Ports`."""


class Server:
    """The faces' ports. The control port is none of them: it is never broken."""

    def __init__(self, settings: Settings, desk: Desk, breaker: Breaker, log: Log, contexts: Contexts | None) -> None:
        self._settings = settings
        self._desk = desk
        self._breaker = breaker
        self._log = log
        self._contexts = contexts
        """None: everything is plain."""
        self._conversations = Conversations(web.Server(desk.handle), log, settings.limits)
        room = Room(settings.limits.connections, self._no_room)
        self.listeners = {
            name: Listener(name, settings.address, getattr(settings.ports, name), self._serve, room) for name in DOORS
        }

    def start(self) -> None:
        """Open every port. Raises `Problem`."""
        self._check(Breakage())
        for listener in self.listeners.values():
            listener.open()

    async def stop(self) -> None:
        """Close every port, end every connection."""
        await asyncio.gather(*(listener.end(END) for listener in self.listeners.values()))

    def put(self, breakage: Breakage) -> None:
        """Break this from now on, and nothing else; connections that stand are ended. Raises `Problem`."""
        self._check(breakage)
        before, after = self._breaker.now.fault, breakage.effect
        self._breaker.put(breakage)
        self._desk.gate.occupied = after is Fault.QUEUE_FULL
        for listener in self.listeners.values():
            listener.drop()
            if after is Fault.REFUSED:
                listener.close()
            elif after is Fault.HANG_BEFORE_ACCEPT:
                listener.open(attended=False)
            elif not listener.attended:
                listener.open()
        if breakage.fault is not before or breakage.fault is not Fault.NONE:
            self._log.add("fault", event="set" if breakage.fault is not Fault.NONE else "cleared", **breakage.data())

    def _check(self, breakage: Breakage) -> None:
        """Whether this can be done here: has its certificate, has TLS at all."""
        if self._contexts is not None:
            for ask in (True, False):
                self._contexts.get(breakage.effect if breakage.stage is Stage.TLS else Fault.NONE, ask=ask)
        elif breakage.stage is Stage.TLS:
            raise Problem("this service speaks no TLS that could be broken", found=breakage.effect)

    def _no_room(self, peer: str) -> None:
        self._log.add("full", peer=peer, problem="no room for another connection")

    async def _serve(self, listener: Listener, taken: socket.socket, peer: str) -> None:
        """One connection from its first to its last moment."""
        door = DOORS[listener.name]
        secure = door.secure and self._contexts is not None
        broken = self._breaker.take(*((Stage.CONNECTION, Stage.TLS) if secure else (Stage.CONNECTION,)))
        fault = broken.effect if broken else Fault.NONE
        if broken:
            self._log.add("connection", port=listener.name, peer=peer, fault=fault)
        try:
            context = self._context(door, fault) if secure else None
            if broken and not await self._let_in(broken, taken, context):
                return
        except (OSError, Problem) as error:
            self._log.add("connection", port=listener.name, peer=peer, problem=told(error))
            taken.close()
            return
        except asyncio.CancelledError:
            taken.close()
            raise
        await self._conversations.hold(listener.name, taken, peer, context)

    async def _let_in(self, broken: Breakage, taken: socket.socket, context: ssl.SSLContext | None) -> bool:
        """Faults before the handshake; whether there is to be one."""
        if broken.effect is Fault.HANG_AFTER_ACCEPT and await silence.after_accept(taken, broken.seconds):
            return True
        if broken.effect is Fault.HANG_IN_TLS and context is not None:
            await silence.in_tls(taken, context)
        elif broken.stage is Stage.TLS:
            return True
        taken.close()
        return False

    def _context(self, door: Door, fault: Fault) -> ssl.SSLContext:
        assert self._contexts is not None
        asks = door.asks and self._settings.client_certificates
        if fault is Fault.TLS_CLIENT_REFUSED:
            asks = True  # a port that asks nobody could refuse nobody
        return self._contexts.get(fault, ask=asks)
